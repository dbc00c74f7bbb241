using System.IO.Compression;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Commands;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Tests.Catalog;

/// <summary>A package of our own in a folder, and pip told to look there and nowhere else: the way that meinheld and sanic go, without a network.</summary>
public sealed class PythonEnvironmentTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo wheels = Directory.CreateTempSubdirectory("wobble-wheels-");
    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("wobble-data-").FullName);
    private readonly TargetFolderBuilder folder = new();

    public PythonEnvironmentTests()
    {
        foreach (string path in (string[])[wheels.FullName, data.Root])
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Environment.SetEnvironmentVariable("PIP_NO_INDEX", "1");
        Environment.SetEnvironmentVariable("PIP_FIND_LINKS", wheels.FullName);
        Require("wobble-example==1.2");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PIP_NO_INDEX", null);
        Environment.SetEnvironmentVariable("PIP_FIND_LINKS", null);
        folder.Dispose();
        wheels.Delete(recursive: true);
        Directory.Delete(data.Root, recursive: true);
    }

    [Fact]
    public async Task A_target_is_installed_on_demand_and_its_plan_runs_in_the_environment()
    {
        MakeWheel("wobble_example", "1.2");
        var reader = Reader();

        var before = (await reader.ReadAsync()).Catalogue.Find("plain/flask")!;
        Assert.Equal("Plain is not in Debian and is installed with pip before its first run", before.Note);
        Assert.Null(before.Unavailable);

        var loaded = await reader.ReadAndInstallAsync("plain/flask", Limit);
        var after = loaded.Find("plain/flask")!;
        Assert.Null(after.Target.Unavailable);
        Assert.Null(after.Target.Note);
        Assert.Equal("1.2", after.Target.Versions["wobble-example"]);

        var plan = Planner.Plan(new Definition { Target = "plain/flask" }, loaded, StackLayouts.Sandboxed());
        var target = plan.Components.Single(c => c.Kind == ComponentKind.Target);
        Assert.Equal(after.Environment!.Python, target.Command[0]);
        Assert.Contains(after.Environment.Folder, plan.Layout.ReadOnlyFolders);

        // The interpreter finds the package in the environment and Flask in Debian's packages, as the stack's user.
        var asked = await ShortProcess.RunAsync(StackUser.Command([target.Command[0], "-c", "import wobble_example, flask; print(wobble_example.ANSWER)"]), new Dictionary<string, string>(), Limit);
        Assert.Equal("42", asked.Output.Trim());
    }

    [Fact]
    public async Task A_failure_is_remembered_for_a_while_and_can_be_tried_again()
    {
        var clock = new TestClock();
        var reader = Reader(clock);

        var failed = (await reader.ReadAndInstallAsync("plain/flask", Limit)).Find("plain/flask")!;
        Assert.Equal($"not installed, because pip finds no wobble-example==1.2 where it looks ({wheels.FullName})", failed.Target.Unavailable);
        Assert.False(Directory.Exists(failed.Environment!.Folder));
        Assert.DoesNotContain(failed.Environment.Folder, reader.NeverTried(await reader.ReadAsync()).Select(e => e.Folder));

        MakeWheel("wobble_example", "1.2");
        Assert.Equal(failed.Target.Unavailable, (await reader.ReadAndInstallAsync("plain/flask", Limit)).Find("plain/flask")!.Target.Unavailable);

        clock.Now += PythonEnvironment.FailureLasts;
        Assert.Contains(failed.Environment.Folder, reader.NeverTried(await reader.ReadAsync()).Select(e => e.Folder));
        Assert.Null(await reader.Environments.EnsureAsync(failed.Environment, Limit));
        Assert.Null((await reader.ReadAsync()).Catalogue.Find("plain/flask")!.Unavailable);
    }

    [Fact]
    public async Task Asking_again_explicitly_does_not_wait_for_a_failure_to_be_forgotten()
    {
        var reader = Reader();
        var failed = (await reader.ReadAndInstallAsync("plain/flask", Limit)).Find("plain/flask")!;
        MakeWheel("wobble_example", "1.2");

        Assert.Null(await reader.Environments.EnsureAsync(failed.Environment!, Limit, retry: true));
    }

    [Fact]
    public async Task Another_version_is_named_where_the_wanted_one_is_not_there()
    {
        MakeWheel("wobble_example", "1.1");

        var failure = await InstallAsync();

        Assert.Equal("pip finds no wobble-example==1.2, only 1.1", failure!.Reason);
    }

    [Fact]
    public async Task A_package_that_cannot_be_built_says_what_the_build_said()
    {
        await MakeSourceAsync("raise RuntimeError('no compiler here')\n");

        var failure = await InstallAsync();

        Assert.Contains("RuntimeError: no compiler here", failure!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_that_runs_out_does_not_make_a_target_unavailable()
    {
        MakeWheel("wobble_example", "1.2");
        var reader = Reader();
        var environment = (await reader.ReadAsync()).Find("plain/flask")!.Environment!;

        var failure = await reader.Environments.EnsureAsync(environment, TimeSpan.FromMilliseconds(5));

        Assert.True(failure!.OutOfTime);
        Assert.Null((await reader.ReadAsync()).Catalogue.Find("plain/flask")!.Unavailable);
        Assert.Null((await reader.ReadAndInstallAsync("plain/flask", Limit)).Find("plain/flask")!.Target.Note);
    }

    [Fact]
    public async Task Changed_requirements_are_another_environment_whose_installation_removes_the_former()
    {
        MakeWheel("wobble_example", "1.2");
        MakeWheel("wobble_example", "1.3");
        string other = Directory.CreateDirectory(Path.Combine(data.Environments, "server.plain-er-0123456789ab")).FullName;
        var first = (await Reader().ReadAndInstallAsync("plain/flask", Limit)).Find("plain/flask")!.Environment!;
        Require("wobble-example==1.3");

        var second = (await Reader().ReadAndInstallAsync("plain/flask", Limit)).Find("plain/flask")!.Environment!;

        Assert.NotEqual(first.Folder, second.Folder);
        Assert.Equal(new[] { other, second.Folder, second.Marker }.Order(), Directory.EnumerateFileSystemEntries(data.Environments).Order());
    }

    [Fact]
    public async Task A_packages_setup_gets_root_to_write_nowhere_and_leaves_no_process_behind()
    {
        Assert.SkipWhen(SandboxProbe.Reason is not null, $"There is no sandbox here: {SandboxProbe.Reason}");
        string outside = Path.Combine(wheels.FullName, "outside"), open = Path.Combine(wheels.FullName, "open"), seconds = "3600." + Environment.ProcessId;
        File.WriteAllText(outside, "outside");
        File.WriteAllText(open, "outside");
        File.SetUnixFileMode(open, (UnixFileMode)0b110_110_110);
        var reader = Reader();
        var environment = (await reader.ReadAsync()).Find("plain/flask")!.Environment!;
        await MakeSourceAsync($"""
            import os, subprocess, sys
            from setuptools import setup
            for name in ("installed", "lib/installed"):
                if not os.path.lexists(os.path.join(sys.prefix, name)): os.symlink("{outside}", os.path.join(sys.prefix, name))
            for path in ("{open}", "{environment.Marker}", "{data.Root}/written"):
                try: open(path, "w").write("written")
                except OSError: pass
            subprocess.Popen(["/bin/sleep", "{seconds}"], start_new_session=True, env=dict(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            setup(name="wobble-example", version="1.2", py_modules=[])

            """);

        var failure = await reader.Environments.EnsureAsync(environment, Limit);

        Assert.True(failure is null, failure?.Reason);
        Assert.Equal(outside, new FileInfo(Path.Combine(environment.Folder, "installed")).LinkTarget);
        Assert.Equal("outside", File.ReadAllText(outside));
        Assert.Equal("outside", File.ReadAllText(open));
        Assert.False(File.Exists(Path.Combine(data.Root, "written")));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])), process => CommandLine(process).Contains(seconds, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_installed_while_a_run_goes_on()
    {
        MakeWheel("wobble_example", "1.2");
        var reader = Reader();
        var environment = (await reader.ReadAsync()).Find("plain/flask")!.Environment!;
        var told = new TaskCompletionSource<string>();
        Task<InstallFailure?> waiting;
        using (await MachineLock.AcquireAsync(Lock, _ => ValueTask.CompletedTask, TestContext.Current.CancellationToken))
        {
            Assert.Equal("a run goes on, which an installation would disturb", (await reader.Environments.EnsureAsync(environment, Limit))!.Reason);
            Assert.Null((await reader.ReadAsync()).Find("plain/flask")!.Target.Unavailable);
            waiting = reader.Environments.EnsureAsync(environment, Limit, onWaiting: holder =>
            {
                told.SetResult(holder);
                return ValueTask.CompletedTask;
            });
            Assert.EndsWith($", process {Environment.ProcessId})", await told.Task, StringComparison.Ordinal);
            Assert.False(environment.IsInstalled);
        }

        Assert.Null(await waiting);
    }

    [Fact]
    public async Task A_server_and_an_app_of_one_name_have_an_environment_each()
    {
        MakeWheel("wobble_example", "1.2");
        MakeWheel("wobble_other", "3.4");
        File.WriteAllText(Path.Combine(folder.Root, "apps", "mine", "requirements.txt"), "wobble-other==3.4\n");
        var app = TargetFolderBuilder.App();
        app["requirements"] = "requirements.txt";
        folder.WriteApp(app);
        File.WriteAllText(Path.Combine(folder.Root, "servers", "plain.requirements.txt"), "wobble-example==1.2\n");
        var server = TargetFolderBuilder.Server();
        (server["name"], server["requirements"]) = ("mine", "plain.requirements.txt");
        File.Delete(folder.ServerFile);
        File.WriteAllText(Path.Combine(folder.Root, "servers", "mine.json"), server.ToJsonString());

        foreach (string target in (string[])["mine/flask", "uwsgi-http/mine", "mine/mine"]) await Reader().ReadAndInstallAsync(target, Limit);

        var loaded = await Reader().ReadAsync();
        Assert.All((string[])["mine/flask", "uwsgi-http/mine", "mine/mine"], target => Assert.True(loaded.Find(target)!.Environment!.IsInstalled, target));
    }

    [Fact]
    public async Task The_list_of_targets_tries_every_environment_that_was_never_tried()
    {
        MakeWheel("wobble_example", "1.2");
        MakeWheel("wobble_other", "3.4");
        File.WriteAllText(Path.Combine(folder.Root, "servers", "other.requirements.txt"), "wobble-other==3.4\n");
        var second = TargetFolderBuilder.Server();
        (second["name"], second["requirements"]) = ("other", "other.requirements.txt");
        File.WriteAllText(Path.Combine(folder.Root, "servers", "other.json"), second.ToJsonString());
        var reader = Reader();

        Assert.True(await TargetsCommand.TryUnknownAsync(reader, await reader.ReadAsync(), CancellationToken.None));

        var loaded = await reader.ReadAsync();
        Assert.True(loaded.Find("plain/flask")!.Environment!.IsInstalled);
        Assert.True(loaded.Find("other/flask")!.Environment!.IsInstalled);
        Assert.Empty(reader.NeverTried(loaded));
        Assert.False(await TargetsCommand.TryUnknownAsync(reader, loaded, CancellationToken.None));
    }

    private string Lock => Path.Combine(data.Root, "machine.lock");

    private CatalogueReader Reader(TimeProvider? clock = null) => new(data, [folder.Root], clock, machineLock: Lock);

    private async Task<InstallFailure?> InstallAsync()
    {
        var reader = Reader();
        return await reader.Environments.EnsureAsync((await reader.ReadAsync()).Find("plain/flask")!.Environment!, Limit);
    }

    private void Require(string requirement)
    {
        File.WriteAllText(Path.Combine(folder.Root, "servers", "plain.requirements.txt"), requirement + "\n");
        var server = TargetFolderBuilder.Server();
        server["requirements"] = "plain.requirements.txt";
        folder.WriteServer(server);
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private async Task MakeSourceAsync(string setup)
    {
        string source = Directory.CreateDirectory(Path.Combine(wheels.FullName, "source")).FullName;
        File.WriteAllText(Path.Combine(source, "setup.py"), setup);
        await using var to = File.Create(Path.Combine(wheels.FullName, "wobble_example-1.2.zip"));
        await ZipFile.CreateFromDirectoryAsync(source, to, CompressionLevel.Fastest, includeBaseDirectory: true);
    }

    private void MakeWheel(string module, string version)
    {
        using var wheel = ZipFile.Open(Path.Combine(wheels.FullName, $"{module}-{version}-py3-none-any.whl"), ZipArchiveMode.Create);
        string information = $"{module}-{version}.dist-info";
        Write($"{module}/__init__.py", "ANSWER = 42\n");
        Write($"{information}/METADATA", $"Metadata-Version: 2.1\nName: {module.Replace('_', '-')}\nVersion: {version}\n");
        Write($"{information}/WHEEL", "Wheel-Version: 1.0\nGenerator: wobble\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
        Write($"{information}/RECORD", $"{module}/__init__.py,,\n{information}/METADATA,,\n{information}/WHEEL,,\n{information}/RECORD,,\n");

        void Write(string path, string text)
        {
            using var to = new StreamWriter(wheel.CreateEntry(path).Open());
            to.Write(text);
        }
    }

    private sealed class TestClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
