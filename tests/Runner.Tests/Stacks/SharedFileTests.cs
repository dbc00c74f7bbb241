using System.Diagnostics;
using Wobble.Runner.Stacks;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Stacks;

/// <summary>What an app may leave in the benchmark's folder for root to open.</summary>
public sealed class SharedFileTests
{
    private const int Most = 64;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private readonly string _folder = TestFolders.New("shared");

    private string Name => Path.Combine(_folder, "cluster", "file");
    private string Outside => Path.Combine(_folder, "outside");

    public SharedFileTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "cluster"));
        File.WriteAllText(Outside, "outside");
    }

    [Theory]
    [InlineData("link"), InlineData("link to nothing"), InlineData("link to a folder"), InlineData("second name"), InlineData("pipe"), InlineData("folder")]
    public async Task Nothing_but_a_plain_file_is_opened_and_what_else_is_there_goes(string what)
    {
        Put(what);

        Assert.Null(await Task.Run(() => SharedFile.ReadSmall(Name, Most)).WaitAsync(Soon));
        int fd = await Task.Run(() => SharedFile.OpenOrMake(Name, inherited: false)).WaitAsync(Soon);
        Assert.Equal(0, Native.Chmod(fd, 0b110_100_100));
        Assert.Equal(0, Native.Close(fd));

        Assert.Null(new FileInfo(Name).LinkTarget);
        Assert.Equal(0, new FileInfo(Name).Length);
        Assert.Equal("outside", File.ReadAllText(Outside));
        Assert.Equal(["cluster", "outside"], Directory.EnumerateFileSystemEntries(_folder).Select(p => Path.GetFileName(p)).Order());
        Assert.NotNull(SharedFile.ReadSmall(Name, Most));
    }

    [Fact]
    public void A_plain_file_stays_as_it_is_and_one_that_is_missing_is_its_users_alone()
    {
        Assert.Equal(0, Native.Close(SharedFile.OpenOrMake(Name, inherited: false)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Name));
        File.WriteAllText(Name, "kept");

        Assert.Equal(0, Native.Close(SharedFile.OpenOrMake(Name, inherited: true)));

        Assert.Equal("kept"u8.ToArray(), SharedFile.ReadSmall(Name, Most));
        Assert.Null(SharedFile.ReadSmall(Name, 3));
        Assert.Null(SharedFile.ReadSmall(Name + ".missing", Most));
    }

    [Fact]
    public void Of_a_huge_file_nothing_is_read()
    {
        using (var huge = File.Create(Name)) huge.SetLength(1L << 40);

        Assert.Null(SharedFile.ReadSmall(Name, Most));
    }

    [Theory]
    [InlineData("whole", true), InlineData("link", false), InlineData("pipe", false), InlineData("folder", false), InlineData("huge", false), InlineData("nonsense", false)]
    public async Task The_rows_are_there_when_a_plain_marker_says_so(string marker, bool expected)
    {
        string folder = Path.Combine(_folder, "cluster");
        using var cluster = new BenchmarkCluster(folder);
        Directory.CreateDirectory(BenchmarkDatabase.DataFolder(folder));
        File.WriteAllText(Path.Combine(BenchmarkDatabase.DataFolder(folder), "PG_VERSION"), "15");
        string path = Path.Combine(folder, "seeded.json"), whole = $$"""{"format":1,"rows":{{BenchmarkDatabase.Rows}},"postgre_sql":"15"}""";
        File.WriteAllText(Outside, whole);
        if (marker is "whole") File.WriteAllText(path, whole);
        else if (marker is "huge") File.WriteAllText(path, whole + new string(' ', 5000));
        else if (marker is "nonsense") File.WriteAllText(path, "{");
        else Put(marker, path);

        Assert.Equal(expected, await Task.Run(() => cluster.IsSeeded).WaitAsync(Soon));
    }

    [Fact]
    public async Task The_clusters_lock_is_taken_where_an_app_left_a_link()
    {
        string folder = Path.Combine(_folder, "cluster"), never = Path.Combine(_folder, "never");
        using var cluster = new BenchmarkCluster(folder);
        File.CreateSymbolicLink(cluster.LockFile, never);

        Assert.True(await cluster.LockAsync(Soon, inherited: false, CancellationToken.None));

        Assert.False(File.Exists(never));
        using var other = new BenchmarkCluster(folder);
        Assert.False(await other.LockAsync(TimeSpan.Zero, inherited: false, CancellationToken.None));
    }

    private void Put(string what, string? path = null)
    {
        path ??= Name;
        switch (what)
        {
            case "link": File.CreateSymbolicLink(path, Outside); break;
            case "link to nothing": File.CreateSymbolicLink(path, Path.Combine(_folder, "never")); break;
            case "link to a folder": File.CreateSymbolicLink(path, _folder); break;
            case "second name": Run("/usr/bin/ln", Outside, path); break;
            case "pipe": Run("/usr/bin/mkfifo", path); break;
            case "folder":
                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Combine(path, "in it"), "");
                break;
            default: throw new ArgumentException(what);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
