using Wobble.Results.Domain;
using Wobble.Runner.Execution;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Execution;

public sealed class ShortageTests : IDisposable
{
    private const long Gigabyte = 1_000_000_000;
    private readonly string folder = Directory.CreateTempSubdirectory("wobble-shortage-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    // Below 5%, at most 1 GB.
    [InlineData(8_000_000, 420_000, 6_000_000, false)]
    [InlineData(8_000_000, 390_000, 6_000_000, true)]
    [InlineData(64_000_000, 1_000_000, 50_000_000, false)]
    [InlineData(64_000_000, 970_000, 50_000_000, true)]
    // It was as little before the stack started.
    [InlineData(8_000_000, 390_000, 500_000, false)]
    public void Memory_that_went_since_the_stack_started_is_told_with_who_has_most(int totalKb, int leftKb, int beforeKb, bool isShort)
    {
        string meminfo = $"MemTotal:       {totalKb} kB\nMemFree:          100 kB\nMemAvailable:   {leftKb} kB\nBuffers:           12 kB\nSwapTotal:        0 kB\nSwapFree:         0 kB\n";

        string? said = Shortage.OfMemory(meminfo, beforeKb * 1024L, () => "; of the run's 9 processes python3 (7) had most, 6.1 GB");

        if (!isShort) Assert.Null(said);
        else Assert.Matches(@"^the machine ran out of memory: \d+\.\d of \d+\.\d GB were left, \d+\.\d when the stack started; of the run's 9 processes python3 \(7\) had most, 6\.1 GB$", said);
    }

    [Theory]
    [InlineData(2_000_000, false)]
    [InlineData(90_000, true)]
    public void While_there_is_swap_nothing_is_short(int swapLeftKb, bool isShort) =>
        Assert.Equal(isShort, Shortage.OfMemory($"MemTotal: 8000000 kB\nMemAvailable: 300000 kB\nSwapTotal: 2000000 kB\nSwapFree: {swapLeftKb} kB\n", 6_000_000_000, () => null) is not null);

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal: 100 kB\n")]
    [InlineData("MemTotal: many kB\nMemAvailable: 1 kB\n")]
    public void What_the_kernel_does_not_say_ends_no_run(string meminfo) => Assert.Null(Shortage.OfMemory(meminfo, 6_000_000_000, () => null));

    [Fact]
    public void A_disk_that_ran_full_since_the_stack_started_is_told_and_one_that_was_full_is_not()
    {
        Assert.Equal("the disk of the run's folder ran full: 0.1 of 20.0 GB were left, 3.3 when the stack started", Shortage.OfDisk(20 * Gigabyte, Gigabyte / 10, 33 * Gigabyte / 10));
        Assert.Null(Shortage.OfDisk(20 * Gigabyte, Gigabyte / 10, Gigabyte / 10 + 1_000_000));
        Assert.Null(Shortage.OfDisk(20 * Gigabyte, Gigabyte / 2, 19 * Gigabyte));
    }

    [Fact]
    public void A_disk_is_watched_from_the_first_look_on_and_a_folder_that_is_gone_ends_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount a small file system");
        string disk = Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName;
        Assert.SkipUnless(Run("/usr/bin/mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", disk), "this machine lets nobody mount");
        try
        {
            var shortage = new Shortage(SamplePlans.For(new Definition { Target = "uwsgi-http/bottle" }).Layout with { RunFolder = folder, ClusterFolder = disk });
            Assert.Null(shortage.Look());
            Assert.True(Run("/usr/bin/fallocate", "-l", "254M", Path.Combine(disk, "huge")));
            Assert.StartsWith("the disk of the run's folder ran full: 0.0 of 0.3 GB were left, 0.3 when", shortage.Look());
            File.Delete(Path.Combine(disk, "huge"));
            Assert.Null(shortage.Look());
        }
        finally
        {
            Run("/usr/bin/umount", "-l", disk);
        }
        var gone = new Shortage(SamplePlans.For(new Definition { Target = "uwsgi-http/bottle" }).Layout with { RunFolder = folder, ClusterFolder = Path.Combine(folder, "none") });
        Assert.Null(gone.Look());
        Assert.Null(gone.Look());
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
