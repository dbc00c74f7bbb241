using System.ComponentModel;
using System.Reflection;
using Npgsql;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Hosting;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

[Description("status: ok while the web answers. database: up, not ready (its tables are being made), newer (of a newer Wobble) or away.")]
internal sealed record HealthAnswer(string Status, string Database, string Version);

/// <summary>Whether the database answers; asked at most once a second, however often others ask, and never for longer than two.</summary>
internal sealed class DatabaseHealth(IConfiguration configuration, TimeProvider clock) : IDisposable
{
    public const string Up = "up", NotReady = "not ready", Newer = "newer", Away = "away";
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly string _connection = new NpgsqlConnectionStringBuilder(WobbleData.ConnectionString(configuration)) { Timeout = 2, CommandTimeout = 2, ApplicationName = "Wobble health", MaxPoolSize = 1 }.ConnectionString;
    private readonly SemaphoreSlim _gate = new(1);
    private (long At, string State)? _last;

    public async Task<string> StateAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (_last is { } last && clock.GetElapsedTime(last.At) < Fresh) return last.State;
            string state = await AskAsync();
            _last = (clock.GetTimestamp(), state);
            return state;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<string> AskAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await using var connection = new NpgsqlConnection(_connection);
            await connection.OpenAsync(limit.Token);
            await using var command = new NpgsqlCommand("""select max(migration_id) from "__EFMigrationsHistory" """, connection);
            // An older schema lacks what the pages ask for, until somebody brings it up to date; a newer one stays what it is.
            int age = StringComparer.Ordinal.Compare(await command.ExecuteScalarAsync(limit.Token) as string, Schema.Newest);
            return age == 0 ? Up : age < 0 ? NotReady : Newer;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            return DatabaseFaults.IsNotReady(e) ? NotReady : Away;
        }
    }
}

/// <summary>For who watches Wobble.</summary>
internal static class HealthEndpoints
{
    private static readonly string Version = typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/healthz", async (DatabaseHealth database, CancellationToken cancel) => TypedResults.Ok(new HealthAnswer("ok", await database.StateAsync(cancel), Version)))
            .AllowAnonymous().DisableRateLimiting().WithTags("Health").WithSummary("Is the web alive").WithDescription("200 while the Dashboard answers, whatever the database does.").Produces<HealthAnswer>();
        app.MapGet("/readyz", ReadyAsync).AllowAnonymous().DisableRateLimiting().WithTags("Health").WithSummary("Can it be used").WithDescription("200 while the database answers, else 503.")
            .Produces<HealthAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> ReadyAsync(DatabaseHealth database, HttpResponse response, CancellationToken cancel)
    {
        string state = await database.StateAsync(cancel);
        if (state == DatabaseHealth.Up) return TypedResults.Ok(new HealthAnswer("ok", state, Version));
        // A newer one does not become older by waiting.
        if (state != DatabaseHealth.Newer) response.Headers.RetryAfter = "5";
        return FieldProblems.Problem(StatusCodes.Status503ServiceUnavailable, $"Database {state}", state switch
        {
            DatabaseHealth.NotReady => DatabaseFaults.NotReadySentence,
            DatabaseHealth.Newer => DatabaseFaults.NewerSentence,
            _ => DatabaseFaults.Sentence,
        });
    }
}
