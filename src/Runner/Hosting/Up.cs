using System.Reflection;
using Wobble.Runner.Commands;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Hosting;

/// <summary>
/// Starts all of Wobble and watches it: PostgreSQL, then the Runner and the Dashboard. Guarantees: one at a time on a data folder; a child that dies is
/// started again; when this ends, for whatever reason but a SIGKILL, all children have ended, PostgreSQL last; after a SIGKILL the kernel tells them to.
/// </summary>
internal sealed class Up(UpSettings settings, Terminal terminal, TimeProvider time) : IDisposable
{
    private readonly LeftBehind _leftBehind = new(Path.Combine(settings.Data.Root, "up.json"));
    private readonly List<WatchedChild> _children = [];
    private readonly UnprivilegedUser? _user = UnprivilegedUser.OfServices();
    private string _signIn = "";

    /// <summary>Runs until <paramref name="stop"/> fires. <paramref name="hurry"/> cuts the orderly end short.</summary>
    public async Task<int> RunAsync(CancellationToken stop, CancellationToken hurry)
    {
        settings.Data.Make();
        using var held = UpLock.Take(settings.Data);
        try
        {
            await PrepareAsync();
            string connectionString = settings.ConnectionString ?? await StartPostgresAsync(stop);
            if (settings.ConnectionString is not null) await Database.ReachAsync(connectionString, stop);
            await WhileNoneGivesUpAsync(Database.MigrateAsync(connectionString, stop));
            if (settings.ConnectionString is null) Database.NoteSchema(settings.Data);
            var services = new Services(settings, connectionString, _user, Token());
            Add(services.Runner());
            Add(services.Dashboard(NewSignIn), restarted: () => terminal.Tell("The Dashboard has a new sign-in link: " + Link()));
            await WhileNoneGivesUpAsync(new HealthProbe(settings.Addresses[0]).WaitAsync(stop));
            Announce();
            await WhileNoneGivesUpAsync(Task.Delay(Timeout.Infinite, stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            terminal.Tell("Ending: the Runner and the Dashboard, then PostgreSQL");
        }
        finally
        {
            await EndAsync(hurry);
        }
        return ExitCodes.Ok;
    }

    public void Dispose()
    {
        foreach (var child in _children) child.Dispose();
    }

    private async Task PrepareAsync()
    {
        var left = await _leftBehind.EndAsync(Work.WorkHost.StopWithin);
        if (left.Count > 0) terminal.Say($"Ended what a former start left: {string.Join(", ", left)}");
        var swept = await Work.Leftovers.SweepIdleAsync(settings.Data, MachineLock.DefaultPath);
        if (swept.Count > 0) terminal.Say($"Removed what killed runs and installations left: {string.Join(", ", swept)}");
        foreach (var address in settings.Addresses) address.Check();
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(settings.Data.Logs, ownerOnly);
        Directory.CreateDirectory(settings.Data.Keys, ownerOnly);
        _user?.Own(settings.Data.Keys);
    }

    private async Task<string> StartPostgresAsync(CancellationToken stop)
    {
        var postgres = new PrivatePostgres(settings.Data, _user, health: settings.Health, tell: terminal.Tell);
        if (!Directory.Exists(postgres.Cluster)) terminal.Say($"Making Wobble's own PostgreSQL in {settings.Data.Database}");
        await postgres.PrepareAsync();
        Add(postgres.Spec);
        await WhileNoneGivesUpAsync(postgres.WaitUntilReadyAsync(stop));
        return postgres.ConnectionString;
    }

    private string Token() => settings.Token ?? Secrets.Keep(settings.Data.Token, _user).Secret;

    private void Add(ChildSpec spec, Action? restarted = null)
    {
        // A stop before everything was started ends what is there.
        var log = new ChildLog(Path.Combine(settings.Data.Logs, spec.Name.ToLowerInvariant() + ".log"));
        var child = new WatchedChild(spec, log, _leftBehind, terminal, time) { Restarted = restarted };
        _children.Add(child);
        _ = child.Watch();
    }

    /// <summary>Waits for <paramref name="task"/>, or throws as soon as one gives up on a child.</summary>
    private async Task WhileNoneGivesUpAsync(Task task)
    {
        Task first = await Task.WhenAny([task, .. _children.Select(child => child.Watch())]);
        await first;
    }

    /// <summary>A link signs in once, so each start of the Dashboard has its own.</summary>
    private string NewSignIn() => _signIn = Secrets.New();

    private string Link() => $"{settings.PublicUrl ?? settings.Addresses[0].LocalUrl}/sign-in?token={_signIn}";

    private void Announce()
    {
        string version = typeof(Up).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        terminal.Say("");
        terminal.Say($"Wobble {version} is up; its data is in {settings.Data.Root}");
        foreach (var address in settings.Addresses) terminal.Say($"  {address.LocalUrl}");
        if (settings.PublicUrl is { } url) terminal.Say($"  {url} (PublicUrl)");
        terminal.Say("Sign in with this link; it works once:");
        terminal.Say($"  {Link()}");
        terminal.Say("Ctrl-C ends it.");
        terminal.Say("");
    }

    /// <summary>The Runner and the Dashboard together, then PostgreSQL, which both write to at their end.</summary>
    private async Task EndAsync(CancellationToken hurry)
    {
        bool ownDatabase = settings.ConnectionString is null;
        await Task.WhenAll(_children.Skip(ownDatabase ? 1 : 0).Select(child => child.StopAsync(hurry)));
        if (ownDatabase && _children.Count > 0) await _children[0].StopAsync(hurry);
        _leftBehind.Forget();
    }
}
