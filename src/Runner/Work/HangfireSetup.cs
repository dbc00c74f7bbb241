using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wobble.Results.Jobs;

namespace Wobble.Runner.Work;

/// <summary>How a Runner uses Hangfire: one job at a time, from its own queue and the one for any.</summary>
internal static class HangfireSetup
{
    private const string SchemaName = "hangfire";

    /// <summary>Adds the server and its storage.</summary>
    public static void AddHangfireWork(this IServiceCollection services, WorkSettings settings)
    {
        services.AddHangfire((provider, hangfire) => hangfire
            .SetDataCompatibilityLevel(CompatibilityLevel.Version_180)
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings()
            .UsePostgreSqlStorage(storage => storage.UseNpgsqlConnection(settings.ConnectionString), StorageOptions()));
        services.AddHangfireServer(server =>
        {
            server.ServerName = settings.Name;
            server.Queues = [RunQueues.Any, RunQueues.For(settings.Name)];
            server.WorkerCount = 1;
            server.CancellationCheckInterval = TimeSpan.FromSeconds(1);
            // A run that is stopped stops its stack in order first.
            server.ShutdownTimeout = WorkHost.ShutdownTimeout;
        });
        services.AddSingleton<QueueBell>();
    }

    /// <summary>Makes Hangfire's tables. Called under the schema's lock, since two at once would disturb each other.</summary>
    public static Task PrepareAsync(NpgsqlConnection connection)
    {
        PostgreSqlObjectsInstaller.Install(connection, SchemaName);
        return Task.CompletedTask;
    }

    private static PostgreSqlStorageOptions StorageOptions() => new()
    {
        SchemaName = SchemaName,
        PrepareSchemaIfNecessary = false,
        // The bell rings at once; polling is for what it misses.
        QueuePollInterval = TimeSpan.FromSeconds(1),
        // A fixed timeout would hand a long run out a second time while it still goes on.
        UseSlidingInvisibilityTimeout = true,
        InvisibilityTimeout = TimeSpan.FromSeconds(30),
    };
}

/// <summary>Wakes the fetching of jobs, in place of waiting for the next poll.</summary>
internal sealed class QueueBell(JobStorage storage)
{
    public void Ring()
    {
        if (storage is PostgreSqlStorage postgres && postgres.QueueProviders.GetProvider(RunQueues.Any).GetJobQueue() is PostgreSqlJobQueue queue) queue.FetchNextJob();
    }
}
