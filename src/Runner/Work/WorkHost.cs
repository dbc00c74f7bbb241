using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;
using Wobble.Runner.Commands;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Work;

/// <summary>The Runner as a process: takes its name, ends what it left when it died, then takes jobs until it is told to stop.</summary>
internal static class WorkHost
{
    /// <summary>How long a run that is stopped may take to stop its stack, and all else after it; then the process ends, and the sandbox with it.</summary>
    public static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan RetryDatabase = TimeSpan.FromSeconds(1);

    /// <summary>Runs until SIGTERM or Ctrl-C. Returns the process's exit code.</summary>
    /// <param name="settings">What it is.</param>
    /// <param name="configure">Says what executes the runs: an <see cref="IExecutions"/>.</param>
    /// <param name="stop">For tests.</param>
    public static async Task<int> RunAsync(WorkSettings settings, Action<IServiceCollection> configure, CancellationToken stop = default)
    {
        using var host = Build(settings, configure);
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        var logger = loggers.CreateLogger("Wobble.Runner.Work");
        HangfireSetup.LogTo(loggers);
        bool ended = false;
        try
        {
            // The host's own handling of signals begins with its start; waiting for a PostgreSQL must end by them, too.
            using var early = CancellationTokenSource.CreateLinkedTokenSource(stop);
            void End(PosixSignalContext context)
            {
                context.Cancel = true;
                ended = true;
                early.Cancel();
            }
            using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            await PrepareAsync(host.Services, logger, early.Token);
            logger.AtWork(settings.Name, $"{RunQueues.Any}, {RunQueues.For(settings.Name)}", settings.Data.Root);
            await host.StartAsync(early.Token);
            using var end = early.Token.Register(host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication);
            await host.WaitForShutdownAsync(CancellationToken.None);
            logger.Stopped(settings.Name);
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is WorkSettingException or SchemaTooNewException or DatabaseMissingException || Databases.IsRefused(e))
        {
            await Console.Error.WriteLineAsync(ImportantLines.Spoken + (Databases.IsRefused(e) ? $"ConnectionStrings__Wobble: PostgreSQL refuses it: {e.Message}" : e.Message));
            return ExitCodes.BadInput;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested || ended)
        {
            return ExitCodes.Ok;
        }
        finally
        {
            HangfireSetup.LogTo(null);
        }
    }

    private static IHost Build(WorkSettings settings, Action<IServiceCollection> configure)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        // `up` chooses the format for all that it starts, by .NET's own setting.
        if (settings.JsonLogs || builder.Configuration["Logging:Console:FormatterName"] == "json") builder.Logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        });
        else builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        // What EF can't do is caught and said by who asked for it.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Critical);
        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddDbContextFactory<WobbleDb>(db => WobbleDb.Configure(db, settings.ConnectionString));
        services.AddSingleton<Recorder>();
        services.AddSingleton<RunQueue>();
        services.AddSingleton<ExperimentQueue>();
        services.AddSingleton<RunClaims>();
        services.AddSingleton<CancelWishes>();
        services.AddSingleton<Recovery>();
        services.AddSingleton<IRunJob, RunJob>();
        services.AddSingleton<IRecurrenceJob, RecurrenceJob>();
        services.AddSingleton<ChangeWatch>();
        services.AddSingleton<WebhookSender>();
        configure(services);
        // In this order they start, in the reverse one they stop: the run is the first to stop, the row is the last to say so.
        AddHosted<RunnerLock>(services);
        AddHosted<Presence>(services);
        AddHosted<WorkListener>(services);
        AddHosted<Seeding>(services);
        AddHosted<Sweeper>(services);
        AddHosted<ExperimentKeeper>(services);
        if (settings.Housekeeping) AddHosted<HousekeepingService>(services);
        AddHosted<DataFolderReport>(services);
        AddHosted<RecurrenceKeeper>(services);
        services.AddHangfireWork(settings);
        services.AddTelemetry(settings);
        services.AddHostedService<RunDrain>();
        return builder.Build();
    }

    private static void AddHosted<T>(IServiceCollection services) where T : BackgroundService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }

    // Everything that must stand before the first job is taken.
    private static async Task PrepareAsync(IServiceProvider services, ILogger logger, CancellationToken stop)
    {
        var contexts = services.GetRequiredService<IDbContextFactory<WobbleDb>>();
        await WaitForDatabaseAsync(() => Schema.MigrateAsync(contexts, HangfireSetup.PrepareAsync, stop), logger, stop);
        await services.GetRequiredService<RunnerLock>().TakeAsync(stop);
        await WaitForDatabaseAsync(() => services.GetRequiredService<Recovery>().RecoverAsync(stop), logger, stop);
        await WaitForDatabaseAsync(() => services.GetRequiredService<Presence>().JoinAsync(stop), logger, stop);
    }

    private static async Task WaitForDatabaseAsync(Func<Task> step, ILogger logger, CancellationToken stop)
    {
        string said = "";
        while (true)
        {
            try
            {
                await step();
                return;
            }
            catch (Exception e) when (Databases.IsAway(e))
            {
                if (Databases.Reason(e) != said) logger.DatabaseAway(said = Databases.Reason(e));
            }
            await Task.Delay(RetryDatabase, stop);
        }
    }
}
