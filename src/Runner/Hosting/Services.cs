using Wobble.Runner.Commands;
using Wobble.Runner.Stacks;
using Wobble.Runner.Work;

namespace Wobble.Runner.Hosting;

/// <summary>How <c>up</c> starts the Runner and the Dashboard.</summary>
internal sealed class Services(UpSettings settings, string connectionString, UnprivilegedUser? user, string token)
{
    private const int FirstPortForAll = 1024;

    // A page that is open is told.
    private static readonly StopStep[] StopDashboard = [new(Native.SIGTERM, TimeSpan.FromSeconds(8))];

    // A run that is interrupted by the end stops its stack and records it. Nearly always that takes a second or two; the Runner gives up by itself before this does.
    private static readonly StopStep[] StopRunner = [new(Native.SIGTERM, WorkHost.StopWithin + TimeSpan.FromSeconds(5))];

    private string Beat => Path.Combine(settings.Data.Logs, "runner.beat");

    /// <summary>Takes runs. As root when root starts Wobble: only root may raise the priority of a measurement.</summary>
    public ChildSpec Runner() => new()
    {
        Name = "Runner",
        Command = [settings.Runner, "work"],
        Environment = () => new Dictionary<string, string?>(Common()) { [HeartBeat.Variable] = Beat, [nameof(WorkSettings.Housekeeping)] = "true" },
        Stop = StopRunner,
        Prepare = () =>
        {
            HeartBeat.Reset(Beat);
            return Task.CompletedTask;
        },
        Health = new HealthCheck(_ => Task.FromResult(HeartBeat.IsFresh(Beat)), settings.Health),
        IsImportant = ImportantLines.OfDotnet,
        FinalExitCode = ExitCodes.BadInput,
    };

    /// <summary>The pages and the API; <paramref name="signIn"/> makes the token of its one-time link.</summary>
    public ChildSpec Dashboard(Func<string> signIn) => new()
    {
        Name = "Dashboard",
        Command = [settings.Dashboard],
        Environment = () => new Dictionary<string, string?>(Common())
        {
            ["Urls"] = string.Join(';', settings.Addresses.Select(address => address.Url)),
            ["WOBBLE_TOKEN"] = token,
            ["WOBBLE_SIGN_IN"] = signIn(),
            // New objects get 2 MB (hexadecimal) before they are collected; by itself the runtime takes the size of the processor's cache.
            ["DOTNET_GCgen0size"] = "200000",
            // A home it may write doesn't exist.
            ["HOME"] = user is null ? Environment.GetEnvironmentVariable("HOME") : "/nonexistent",
            // Others names for the same, which would win.
            ["ASPNETCORE_URLS"] = null,
            ["ASPNETCORE_HTTP_PORTS"] = null,
            ["ASPNETCORE_HTTPS_PORTS"] = null,
        },
        User = user,
        MayBindLowPorts = settings.Addresses.Any(address => address.Port < FirstPortForAll),
        Stop = StopDashboard,
        Health = new HealthCheck(new HealthProbe(settings.Addresses[0]).AnswersAsync, settings.Health),
        IsImportant = ImportantLines.OfDotnet,
        FinalExitCode = ExitCodes.BadInput,
    };

    private Dictionary<string, string?> Common() => new()
    {
        ["ConnectionStrings__Wobble"] = connectionString,
        ["DataFolder"] = settings.Data.Root,
        // One line an entry, with its time, so that the log can be searched and the console shows whole ones.
        ["Logging__Console__FormatterName"] = settings.JsonLogs ? "json" : "simple",
        ["Logging__Console__FormatterOptions__SingleLine"] = "true",
        ["Logging__Console__FormatterOptions__ColorBehavior"] = "Disabled",
        ["Logging__Console__FormatterOptions__TimestampFormat"] = "yyyy-MM-ddTHH:mm:ss.fffZ ",
        ["Logging__Console__FormatterOptions__UseUtcTimestamp"] = "true",
    };
}
