using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
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
        // How jobs are written: as the Dashboard, which writes them, does.
        GlobalConfiguration.Configuration.SetDataCompatibilityLevel(CompatibilityLevel.Version_180).UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings();
        var options = StorageOptions(settings.Poll);
        var storage = new PostgreSqlStorage(new NpgsqlConnectionFactory(settings.ConnectionString, options), options);
        var bell = new QueueBell(storage);
        storage.QueueProviders.Add(bell, [RunQueues.Any, RunQueues.For(settings.Name)]);
        // Not by AddHangfire, which would make this the storage of the whole process.
        services.AddSingleton<JobStorage>(storage);
        services.AddSingleton<IBackgroundJobClient>(_ => new BackgroundJobClient(storage));
        services.AddSingleton<IRecurringJobManager>(_ => new RecurringJobManager(storage));
        services.AddSingleton(bell);
        services.AddHostedService<JobServer>();
    }

    /// <summary>Hangfire logs through one provider of the whole process.</summary>
    public static void LogTo(ILoggerFactory? loggers)
    {
        if (loggers is null) GlobalConfiguration.Configuration.UseNoOpLogProvider();
        else GlobalConfiguration.Configuration.UseLogProvider(new AspNetCoreLogProvider(loggers));
    }

    /// <summary>Makes Hangfire's tables. Called under the schema's lock, since two at once would disturb each other.</summary>
    public static Task PrepareAsync(NpgsqlConnection connection)
    {
        PostgreSqlObjectsInstaller.Install(connection, SchemaName);
        return Task.CompletedTask;
    }

    private static PostgreSqlStorageOptions StorageOptions(TimeSpan poll) => new()
    {
        SchemaName = SchemaName,
        PrepareSchemaIfNecessary = false,
        QueuePollInterval = poll,
        // A fixed timeout would hand a long run out a second time while it still goes on.
        UseSlidingInvisibilityTimeout = true,
        InvisibilityTimeout = TimeSpan.FromSeconds(30),
    };
}

/// <summary>Wakes the fetching of jobs, in place of waiting for the next poll. (Hangfire's own provider makes a queue for each fetch, and none of them can be reached.)</summary>
internal sealed class QueueBell(PostgreSqlStorage storage) : IPersistentJobQueueProvider
{
    private readonly IPersistentJobQueueProvider _own = storage.QueueProviders.GetProvider(RunQueues.Any);
    private readonly PostgreSqlJobQueue _queue = new(storage);

    public void Ring() => _queue.FetchNextJob();

    public IPersistentJobQueue GetJobQueue() => _queue;

    public IPersistentJobQueueMonitoringApi GetJobQueueMonitoringApi() => _own.GetJobQueueMonitoringApi();
}

/// <summary>Hangfire's server, which fetches jobs and hands them to <see cref="RunJob"/>.</summary>
internal sealed class JobServer(WorkSettings settings, JobStorage storage, IRunJob job, IRecurrenceJob recurrence) : IHostedService, IDisposable
{
    private BackgroundJobServer? _server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _server = new BackgroundJobServer(new BackgroundJobServerOptions
        {
            ServerName = settings.Name,
            Queues = [RunQueues.Any, RunQueues.For(settings.Name)],
            WorkerCount = 1,
            CancellationCheckInterval = TimeSpan.FromSeconds(1),
            // After its run has ended, see RunDrain: it needs only to say so.
            ShutdownTimeout = TimeSpan.FromSeconds(3),
            Activator = new Activator(job, recurrence),
        }, storage);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is null) return;
        _server.SendStop();
        await _server.WaitForShutdownAsync(cancellationToken);
    }

    public void Dispose() => _server?.Dispose();

    private sealed class Activator(IRunJob job, IRecurrenceJob recurrence) : JobActivator
    {
        public override object ActivateJob(Type jobType) => jobType == typeof(IRecurrenceJob) ? recurrence : job;
    }
}
