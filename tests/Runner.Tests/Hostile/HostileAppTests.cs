using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Catalog;
using Wobble.Runner.Execution;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Tests.Hostile;

/// <summary>An app that answers as it should and meanwhile tries to get at everything it has no business with, in the sandbox that every run has.</summary>
public sealed class HostileAppTests : IDisposable
{
    // Of who runs Wobble.
    private static readonly string Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
    private const string Mark = "HOSTILE ";
    // What a link of the app's would have root make.
    private string Never => Path.Combine(_folder, "never");
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-hostile-").FullName;

    public HostileAppTests() => File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_hostile_app_gets_at_nothing_but_its_own_run()
    {
        Assert.SkipWhen(SandboxProbe.Reason is not null, $"There is no sandbox here: {SandboxProbe.Reason}");
        Assert.True(File.Exists(Path.Combine(RunnerBuild.Current.Folder, "appsettings.json")));
        var data = new DataFolder(Path.Combine(_folder, "data"));
        Directory.CreateDirectory(data.Root);
        File.SetUnixFileMode(data.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        await using var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);
        File.WriteAllText(data.Token, "the-operators-token");
        Environment.SetEnvironmentVariable("WOBBLE_TOKEN", "the-operators-token");
        Directory.CreateDirectory(data.Keys);
        File.WriteAllText(Path.Combine(data.Keys, "key.xml"), "<key/>");
        Directory.CreateDirectory(data.Journals);
        // Readable by all, so that it is the sandbox that keeps it, not the mode.
        string open = Path.Combine(_folder, "for-all.txt");
        File.WriteAllText(open, "outside");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string targets = WriteTarget(new JsonObject
        {
            ["files"] = new JsonArray(data.Token, Path.Combine(data.Keys, "key.xml"), Path.Combine(data.Database, "password"), open, "/etc/shadow", "/etc/ssh/sshd_config", Path.Combine(Home, ".bashrc"), "/proc/kcore", "/sys/kernel/uevent_seqnum", "/opt/wobble/appsettings.json"),
            ["folders"] = new JsonArray(data.Root, data.Journals, Home, "/home", "/var/lib", "/run", "/srv"),
            ["sockets"] = new JsonArray(Path.Combine(PrivatePostgres.SocketFolder(data.Database), ".s.PGSQL.5432"), "/run/docker.sock", "/run/dbus/system_bus_socket"),
            ["ports"] = new JsonArray(((IPEndPoint)listener.LocalEndpoint).Port),
            ["pid"] = Environment.ProcessId,
            ["never"] = Never,
        });
        var reader = new CatalogueReader(data, [targets], wobbles: await CopyAsync("TargetApps"));
        var definition = new Definition { Target = "waitress/hostile", Workers = 1, Connections = 2, Warmup = TimeSpan.Zero, For = TimeSpan.FromSeconds(8), Pooler = "none", Proxy = "none", KeepAlive = true };
        var loaded = await reader.ReadAsync();
        Assert.Empty(loaded.Catalogue.Broken);
        var plan = Planner.Plan(definition, loaded, StackLayouts.Create(data));
        var facts = new List<Fact>();

        var end = await new ExecutionLauncher(Path.Combine(_folder, "machine.lock")).RunAsync(plan, data, fact => { lock (facts) facts.Add(fact); return ValueTask.CompletedTask; }, CancellationToken.None);

        string log = string.Concat(facts.OfType<LogFact>().Where(l => l.Component == "waitress").Select(l => l.Text));
        Assert.True(end.State == RunState.Completed, $"{end.Reason}\n{log}");
        var tries = log.Split('\n').Where(l => l.StartsWith(Mark, StringComparison.Ordinal)).Select(l => JsonNode.Parse(l[Mark.Length..])!.AsObject()).ToList();
        foreach (var attempt in tries) TestContext.Current.TestOutputHelper?.WriteLine($"{attempt["what"]}: {attempt["got"]}");
        Assert.True(tries.Count > 25, log);
        Assert.All(tries, t => Assert.False((bool)t["won"]!, t.ToJsonString()));
        // Forged facts: by the Execution's, the generator's and bubblewrap's own pipes.
        Assert.DoesNotContain(facts, f => f.ToLine().Contains("forged", StringComparison.Ordinal) && f is not LogFact);
        Assert.True(end.Totals!.Answered is > 0 and < 1_000_000);
        Assert.Equal(end.Totals.Answered, facts.OfType<SampleFact>().Where(s => s.Stage > 0).Sum(s => s.Kinds.Sum(k => k.Requests)));
        Assert.False(listener.Pending());
        Assert.Equal("outside", File.ReadAllText(open));
        Assert.Empty(Directory.GetFiles("/tmp", "wobble-hostile-was-here*"));
        Assert.Contains(tries, t => (string?)t["what"] == "put a link and a pipe into the benchmark's folder");
        // The bound's own number: 4,096, 16 a worker, the 10 connections of its pool; less what is there.
        int threads = int.Parse(((string)Assert.Single(tries, t => (string?)t["what"] == "start 10000 threads")["got"]!).Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(threads, 3_900, 4_200);
        await Task.Run(() => TheNextRunBegins(plan, data)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(File.Exists(Never));
    }

    // As root does: by the folders that the app could write.
    private static void TheNextRunBegins(Plan plan, DataFolder data)
    {
        using var folders = RunFolders.Create(plan, data, UnprivilegedUser.EnsureUser());
        using var cluster = new BenchmarkCluster(data.Cluster);
        Assert.False(cluster.IsSeeded);
        Assert.Null(new FileInfo(cluster.LockFile).LinkTarget);
    }

    private string WriteTarget(JsonObject aims)
    {
        string app = Directory.CreateDirectory(Path.Combine(_folder, "targets", "apps", "hostile")).FullName;
        File.WriteAllText(Path.Combine(app, "app.json"), """{ "name": "hostile", "title": "Hostile", "interface": "wsgi", "app": "app:app", "packages": [], "database": "sync", "about": "Tries to get at what it shouldn't" }""");
        File.WriteAllText(Path.Combine(app, "aims.json"), aims.ToJsonString());
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Hostile", "app.py"), Path.Combine(app, "app.py"));
        return Path.Combine(_folder, "targets");
    }

    // To where the stack's user can read it.
    private async Task<string> CopyAsync(string name)
    {
        string to = Path.Combine(_folder, name);
        using var copy = System.Diagnostics.Process.Start("/usr/bin/cp", ["-r", Path.Combine(AppContext.BaseDirectory, name), to]);
        await copy.WaitForExitAsync();
        using var open = System.Diagnostics.Process.Start("/usr/bin/chmod", ["-R", "a+rX", to, Path.Combine(_folder, "targets")]);
        await open.WaitForExitAsync();
        return to;
    }
}
