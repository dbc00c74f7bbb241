using Wobble.Runner.Stacks;

namespace Wobble.Runner.Tests.Stacks;

/// <summary>What an app can put into the only folder that outlives its run.</summary>
public sealed class BenchmarkClusterTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("wobble-cluster-").FullName;
    private readonly string _folder;
    private readonly BenchmarkCluster _cluster;
    private readonly string[] _own;

    public BenchmarkClusterTests()
    {
        _folder = Directory.CreateDirectory(Path.Combine(_root, "benchmark")).FullName;
        _cluster = new BenchmarkCluster(_folder);
        string data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        _own = [data, _cluster.LockFile, Path.Combine(_folder, "seeded.json")];
        foreach (string file in _own[1..]) File.WriteAllText(file, "");
        File.WriteAllText(Path.Combine(_root, "outside"), "outside");

        string closed = Directory.CreateDirectory(Path.Combine(_folder, "closed", "deep")).FullName;
        File.WriteAllText(Path.Combine(closed, "huge"), "much");
        File.SetUnixFileMode(Path.Combine(_folder, "closed"), UnixFileMode.None);
        File.WriteAllText(Path.Combine(_folder, "--help"), "");
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), _root);
        File.CreateSymbolicLink(Path.Combine(data, "link"), Path.Combine(_root, "outside"));
    }

    public void Dispose()
    {
        _cluster.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void What_an_app_put_beside_the_cluster_goes_and_the_cluster_stays()
    {
        _cluster.RemoveStrange();

        Assert.Equal(_own.Order(), Directory.EnumerateFileSystemEntries(_folder).Order());
        Assert.Equal("outside", File.ReadAllText(Path.Combine(_root, "outside")));
    }

    [Fact]
    public void What_is_discarded_is_made_anew_and_only_the_lock_stays()
    {
        _cluster.Discard();

        Assert.Equal([_cluster.LockFile], Directory.EnumerateFileSystemEntries(_folder));
        Assert.False(_cluster.IsSeeded);
        Assert.Equal("outside", File.ReadAllText(Path.Combine(_root, "outside")));
    }
}
