using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Work;

namespace Wobble.Runner.Tests.Work;

public sealed class LeftoversTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("wobble-leftovers-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Old_drafts_and_journals_nobody_knows_go_and_everything_else_stays()
    {
        var data = new DataFolder(_root);
        string Make(string path, TimeSpan age)
        {
            string whole = Path.Combine(_root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
            File.WriteAllText(whole, "");
            File.SetLastWriteTimeUtc(whole, DateTime.UtcNow - age);
            return whole;
        }
        string[] gone = [Make("keys/token.123.part", TimeSpan.FromDays(1)), Make("up.json.new", TimeSpan.FromDays(1)), Make("token.new", TimeSpan.FromDays(1)), Make("journals/unknown/0193.jsonl", TimeSpan.FromDays(31))];
        Directory.CreateDirectory(Path.Combine(_root, "keys", "folder.tmp"));
        Directory.SetLastWriteTimeUtc(Path.Combine(_root, "keys", "folder.tmp"), DateTime.UtcNow - TimeSpan.FromDays(1));
        string[] kept = [Make("keys/key-1.xml", TimeSpan.FromDays(900)), Make("token", TimeSpan.FromDays(900)), Make("journals/0194.jsonl", TimeSpan.FromDays(900)), Make("journals/unknown/0195.jsonl", TimeSpan.FromDays(5)), Make("logs/runner.log.part", TimeSpan.FromMinutes(1)), Make("thesis.new", TimeSpan.FromDays(1)), Make("film.part", TimeSpan.FromDays(1)), Make("photos.tmp/1.jpg", TimeSpan.FromDays(1))];
        Directory.CreateDirectory(Path.Combine(_root, "dotnet-10.0.15.new"));
        foreach (string old in (string[])["dotnet-10.0.15.new", "photos.tmp"]) Directory.SetLastWriteTimeUtc(Path.Combine(_root, old), DateTime.UtcNow - TimeSpan.FromDays(1));

        var removed = Leftovers.Sweep(data);

        Assert.Equal(gone.Append(Path.Combine(_root, "dotnet-10.0.15.new")).Order(), removed.Order());
        Assert.All(kept, path => Assert.True(File.Exists(path), path));
        Assert.All(gone, path => Assert.False(File.Exists(path), path));
        Assert.True(Directory.Exists(Path.Combine(_root, "keys", "folder.tmp")));
    }

    [Fact]
    public async Task What_killed_runs_and_installations_left_goes_but_not_while_one_goes_on()
    {
        var data = new DataFolder(_root);
        string machine = Path.Combine(_root, "machine.lock"), whole = Path.Combine(data.Environments, "app.sanic-0123456789ab");
        string[] left = [Path.Combine(data.Runs, "0123456789abcdef"), Path.Combine(data.Environments, "server.meinheld-0123456789ab"), Path.Combine(data.Environments, "sanic-0123456789ab"), whole + ".build"];
        string[] others = [Path.Combine(data.Runs, "2026"), Path.Combine(data.Environments, "production"), Path.Combine(data.Environments, "my-venv.build")];
        foreach (string folder in (string[])[.. left, .. others, whole]) File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, "much"), "");
        // The second is of a build that named them without a dot.
        foreach (string folder in (string[])[whole, left[2]]) File.WriteAllText(new PythonEnvironment(folder, []).Marker, "");

        using (MachineLock.TryAcquire(machine)) Assert.Empty(await Leftovers.SweepIdleAsync(data, machine));
        Assert.All(left, folder => Assert.True(Directory.Exists(folder), folder));

        Assert.Equal(left.Order(), (await Leftovers.SweepIdleAsync(data, machine)).Order());
        Assert.All(left, folder => Assert.False(Directory.Exists(folder), folder));
        Assert.All(others, folder => Assert.True(File.Exists(Path.Combine(folder, "much")), folder));
        Assert.True(new PythonEnvironment(whole, []).IsInstalled);
    }
}
