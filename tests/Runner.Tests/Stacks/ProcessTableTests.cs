using Wobble.Runner.Stacks;

namespace Wobble.Runner.Tests.Stacks;

public sealed class ProcessTableTests
{
    [Fact]
    public void Finds_this_process_with_its_memory() =>
        Assert.True(ProcessTable.Read()[Environment.ProcessId] is { ResidentPages: > 0, Threads: > 0, IsAlive: true });

    [Fact]
    public void Reads_a_name_with_blanks_and_parentheses_and_a_limit_that_is_no_long()
    {
        var stat = ProcessTable.Parse("42 (a b) c) S 7 8 9 0 -1 4194304 100 0 0 0 5 6 1 2 20 0 3 0 12345 1000000 250 18446744073709551615 1 1 0"u8);

        Assert.Equal(new ProcessStat(42, "a b) c", 'S', 7, 8, 9, 5, 6, 1, 2, 3, 12345, 250), stat);
    }
}
