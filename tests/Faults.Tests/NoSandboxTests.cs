using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>Where bubblewrap can't make namespaces (here: isn't found), a run completes all the same, says so, and leaves nothing, however it ends.</summary>
public sealed class NoSandboxTests : IDisposable
{
    private readonly string _data = TestFolders.New("plain");

    public void Dispose() => TestFolders.Remove(_data);

    [Fact]
    public async Task A_run_without_a_sandbox_completes_with_a_warning_and_leaves_nothing_even_when_it_is_killed()
    {
        string data = _data, path = TestFolders.New("path");
        File.CreateSymbolicLink(Path.Combine(path, "dpkg-query"), "/usr/bin/dpkg-query");
        var noBubblewrap = new Dictionary<string, string> { ["PATH"] = path };
        string[] run = ["run", "uwsgi-http/bottle", "--workers", "2", "--connections", "4", "--warmup", "0s", "--data", data];

        var (code, _, errors) = await CommandLine.RunAsync([.. run, "--for", "2s"], noBubblewrap);
        Assert.True(code is 0 or 4, $"{code}: {errors}");
        Assert.Contains("warning: There is no sandbox, because bubblewrap is not installed", errors, StringComparison.Ordinal);
        Assert.Empty(Processes.With(data));

        using var killed = CommandLine.Start([.. run, "--for", "60s"], noBubblewrap);
        await killed.UntilAsync("the load", () => killed.Errors.Contains("measuring", StringComparison.Ordinal));
        // Launcher and Execution in the same moment: nobody is left who knows the run but its guard.
        foreach (var process in Processes.With(data).Where(p => p.Pid == killed.Process.Id || p.Has("--inside"))) Processes.Signal(process.Pid, Processes.SIGKILL);
        await killed.UntilAsync("everything to be gone", () => Processes.With(data).Count == 0, TimeSpan.FromSeconds(60));

        (code, _, errors) = await CommandLine.RunAsync([.. run, "--for", "1s"], noBubblewrap);
        Assert.True(code is 0 or 4, $"{code}: {errors}");
        Assert.Empty(Processes.With(data));
    }
}
