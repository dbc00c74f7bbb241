using Wobble.Runner.Hosting;
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
        string[] gone = [Make("keys/token.123.part", TimeSpan.FromDays(1)), Make("up.json.new", TimeSpan.FromDays(1)), Make("journals/unknown/0193.jsonl", TimeSpan.FromDays(31))];
        string[] kept = [Make("keys/key-1.xml", TimeSpan.FromDays(900)), Make("token", TimeSpan.FromDays(900)), Make("journals/0194.jsonl", TimeSpan.FromDays(900)), Make("journals/unknown/0195.jsonl", TimeSpan.FromDays(5)), Make("logs/runner.log.part", TimeSpan.FromMinutes(1))];

        var removed = Leftovers.Sweep(data);

        Assert.Equal(gone.Order(), removed.Order());
        Assert.All(kept, path => Assert.True(File.Exists(path), path));
        Assert.All(gone, path => Assert.False(File.Exists(path), path));
    }
}
