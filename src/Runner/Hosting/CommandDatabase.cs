using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Wobble.Results.Storage;

namespace Wobble.Runner.Hosting;

/// <summary>
/// Wobble's database for one command: the one that ConnectionStrings__Wobble names, else that of the data folder, as `up` runs it or started for the
/// command's time. Dispose it, and what was started has ended.
/// </summary>
internal sealed class CommandDatabase : IAsyncDisposable
{
    private UpLock? _held;
    private readonly Child? _server;

    private CommandDatabase(string connectionString, string programs, UpLock? held, Child? server) =>
        (ConnectionString, Programs, _held, _server) = (connectionString, programs, held, server);

    // False: ConnectionStrings__Wobble names it.
    private bool IsOfDataFolder { get; init; }

    public string ConnectionString { get; }

    /// <summary>Folder of pg_dump and pg_restore that fit the server.</summary>
    public string Programs { get; }

    public IDbContextFactory<WobbleDb> Contexts => new Database.Contexts(ConnectionString);

    /// <summary>
    /// Opens it, and brings its tables up to date unless a Wobble runs on the data folder: that one couldn't go on with other tables than its own, so a database
    /// of another release is refused then.
    /// </summary>
    /// <param name="data">The data folder.</param>
    /// <param name="alone">True: refused while a Wobble runs on the data folder.</param>
    /// <param name="cancel">Ends the waiting.</param>
    public static async Task<CommandDatabase> OpenAsync(DataFolder data, bool alone, CancellationToken cancel)
    {
        var database = await OpenAnyAsync(data, alone, cancel);
        try
        {
            if (database._held is not null) await Database.MigrateAsync(database.ConnectionString, cancel);
            else if (!await Database.IsCurrentAsync(database.ConnectionString, cancel))
                throw new HostingException($"Wobble runs on the data folder {data.Root}, and its tables are those of an older release than this command's. Nothing was changed: take the ./wobble of that release, or end that Wobble first.");
            if (database.IsOfDataFolder) Database.NoteSchema(data);
            // A server of its own is this command's until its end; a named one needs nobody kept away any longer.
            else if (!alone) database.Release();
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Pooled connections would make the server wait for them.
        Npgsql.NpgsqlConnection.ClearAllPools();
        if (_server is not null) await _server.StopAsync(CancellationToken.None);
        _server?.Dispose();
        _held?.Dispose();
    }

    private void Release()
    {
        _held?.Dispose();
        _held = null;
    }

    // Null: a Wobble has it.
    private static UpLock? TryTake(DataFolder data)
    {
        try
        {
            return UpLock.Take(data);
        }
        catch (HostingException)
        {
            return null;
        }
    }

    private static async Task<CommandDatabase> OpenAnyAsync(DataFolder data, bool alone, CancellationToken cancel)
    {
        string? named = UpSettings.Configuration().GetConnectionString("Wobble");
        if (!string.IsNullOrWhiteSpace(named))
        {
            await Database.ReachAsync(named, cancel);
            data.Make();
            return new(named, PrivatePostgres.Binaries("/usr/lib/postgresql", ""), alone ? UpLock.Take(data) : TryTake(data), null);
        }
        data.Make();
        var postgres = new PrivatePostgres(data, UnprivilegedUser.OfServices());
        UpLock held;
        try
        {
            held = UpLock.Take(data);
        }
        catch (HostingException) when (!alone)
        {
            postgres.Join();
            await postgres.WaitUntilReadyAsync(cancel);
            return new(postgres.ConnectionString, postgres.Programs, null, null) { IsOfDataFolder = true };
        }
        Child? server = null;
        try
        {
            await postgres.PrepareAsync();
            server = await Child.StartAsync(postgres.Spec, static _ => { });
            var ready = postgres.WaitUntilReadyAsync(cancel);
            await Task.WhenAny(ready, server.Exited);
            if (server.Exited.IsCompleted) throw new HostingException($"Wobble's own PostgreSQL in {data.Database} ended with code {await server.Exited}; {data.Logs} may say why.{FreeSpace.Hint(data.Root)}");
            await ready;
            return new(postgres.ConnectionString, postgres.Programs, held, server) { IsOfDataFolder = true };
        }
        catch
        {
            if (server is not null) await server.StopAsync(CancellationToken.None);
            server?.Dispose();
            held.Dispose();
            throw;
        }
    }
}
