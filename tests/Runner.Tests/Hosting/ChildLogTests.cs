using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Hosting;

public sealed class ChildLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-test-log-").FullName;

    [Fact]
    public void A_log_keeps_its_size_and_one_file_before_it()
    {
        string path = Path.Combine(_folder, "a.log");
        using (var log = new ChildLog(path, bytes: 1000))
            for (int line = 0; line < 500; line++) log.Write($"line {line:000}");

        Assert.InRange(new FileInfo(path).Length + new FileInfo(path + ".1").Length, 1000, 2100);
        Assert.Equal("line 499", File.ReadLines(path).Last());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Its_last_lines_can_be_shown()
    {
        using var log = new ChildLog(Path.Combine(_folder, "a.log"));
        for (int line = 0; line < 100; line++) log.Write($"line {line}");

        Assert.Equal(15, log.LastLines.Count);
        Assert.Equal("line 99", log.LastLines[^1]);
    }

    [Fact]
    public void A_disk_that_takes_no_more_costs_lines_and_nothing_else()
    {
        using var log = new ChildLog("/dev/full");

        log.Write("lost");

        Assert.Equal(["lost"], log.LastLines);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
