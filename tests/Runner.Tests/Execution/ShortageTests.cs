using Wobble.Runner.Execution;
using Wobble.Tests.Support;
using Wobble.Results.Domain;

namespace Wobble.Runner.Tests.Execution;

public sealed class ShortageTests : IDisposable
{
    private const long Gigabyte = 1_000_000_000;
    private readonly string folder = Directory.CreateTempSubdirectory("wobble-shortage-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    // Below 5%, at most 1 GB.
    [InlineData(8_000_000, 420_000, false)]
    [InlineData(8_000_000, 390_000, true)]
    [InlineData(64_000_000, 1_000_000, false)]
    [InlineData(64_000_000, 970_000, true)]
    [InlineData(480_000, 30_000, false)]
    public void Little_memory_left_is_told_with_how_much_and_who_has_most(int totalKb, int leftKb, bool isShort)
    {
        string meminfo = $"MemTotal:       {totalKb} kB\nMemFree:          100 kB\nMemAvailable:   {leftKb} kB\nBuffers:           12 kB\n";

        string? said = Shortage.OfMemory(meminfo, () => "; the largest of its 9 processes is python3 (7) with 6.1 GB");

        if (!isShort) Assert.Null(said);
        else Assert.Matches(@"^the machine runs out of memory: \d+\.\d of \d+\.\d GB left; the largest of its 9 processes is python3 \(7\) with 6\.1 GB$", said);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal: 100 kB\n")]
    [InlineData("MemTotal: many kB\nMemAvailable: 1 kB\n")]
    public void What_the_kernel_does_not_say_ends_no_run(string meminfo) => Assert.Null(Shortage.OfMemory(meminfo, () => null));

    [Fact]
    public void A_disk_that_the_stack_filled_is_told_and_one_that_others_filled_is_not()
    {
        Assert.Equal("the disk of the run's folder is nearly full: 0.1 of 20.0 GB left, and the stack wrote 3.2 GB", Shortage.OfDisk(20 * Gigabyte, Gigabyte / 10, () => 32 * Gigabyte / 10));
        Assert.Null(Shortage.OfDisk(20 * Gigabyte, Gigabyte / 10, () => Gigabyte / 100));
        Assert.Null(Shortage.OfDisk(20 * Gigabyte, Gigabyte / 2, () => throw new InvalidOperationException("There is room: nothing is to be counted.")));
    }

    [Fact]
    public void This_machine_has_enough_and_folders_that_are_not_there_are_empty()
    {
        var plan = SamplePlans.For(new Definition { Target = "uwsgi-http/bottle" });

        Assert.Null(new Shortage(plan.Layout with { RunFolder = folder, ClusterFolder = Path.Combine(folder, "none") }).Look());
    }
}
