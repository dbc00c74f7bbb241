using System.Text.Json;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Tests.Hosting;

public sealed class WatchedChildTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-test-watched-").FullName;
    private readonly StringWriter _said = new();

    private string Note => Path.Combine(_folder, "up.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_that_can_not_be_noted_goes_on_and_that_is_told()
    {
        // As a full disk does: nothing can be written beside it.
        Directory.CreateDirectory(Note + ".new");
        using var child = Watched("echo $$ > pid; exec sleep 60");
        var watch = child.Watch();
        int pid = 0;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(Path.Combine(_folder, "pid")) && int.TryParse(File.ReadAllText(Path.Combine(_folder, "pid")), out pid), TimeSpan.FromSeconds(30)));

        Assert.True(SpinWait.SpinUntil(() => _said.ToString().Contains($"it can't be noted that it is process {pid}", StringComparison.Ordinal), TimeSpan.FromSeconds(30)), _said.ToString());
        Assert.False(watch.IsCompleted);
        await child.StopAsync(CancellationToken.None);

        await watch;
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task Whatever_fails_beside_it_it_is_not_left_behind()
    {
        using var child = Watched("[ -e was ] && exec sleep 60; touch was", () => throw new InvalidOperationException("Nobody may know."));

        await Assert.ThrowsAsync<InvalidOperationException>(() => child.Watch().WaitAsync(TimeSpan.FromSeconds(30)));

        int pid = JsonDocument.Parse(await File.ReadAllTextAsync(Note)).RootElement[0].GetProperty("Pid").GetInt32();
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    private WatchedChild Watched(string script, Action? restarted = null)
    {
        var spec = new ChildSpec { Name = "Child", Command = ["/bin/bash", "-c", $"cd '{_folder}'; {script}"], Stop = [new(Native.SIGTERM, TimeSpan.FromSeconds(5))] };
        return new WatchedChild(spec, new ChildLog(Path.Combine(_folder, "child.log")), new LeftBehind(Note), new Terminal(_said, TimeProvider.System), TimeProvider.System) { Restarted = restarted };
    }
}
