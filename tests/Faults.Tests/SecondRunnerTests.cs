namespace Wobble.Faults.Tests;

/// <summary>More machines: a Runner that joins with a connection string and a name.</summary>
public sealed class SecondRunnerTests
{
    [Fact]
    public async Task A_second_Runner_joins_with_a_connection_string_and_a_name_and_runs_what_names_it()
    {
        await using var product = await Product.StartAsync();
        var settings = new Dictionary<string, string> { ["ConnectionStrings__Wobble"] = product.ConnectionString };
        string[] work = ["work", "--name", "beta", "--data", product.Data];
        var run = new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "1s", runner = "beta" };
        using (var beta = CommandLine.Start(work, settings))
        {
            await beta.UntilAsync("beta to be at work", () => beta.Output.Contains("Runner beta is at work", StringComparison.Ordinal));
            string slug = await product.QueueWhenItCanAsync(run);
            var row = await product.EndAsync(slug);
            Assert.True(row is { State: "completed", Runner: "beta" }, row.ToString());

            // Its name is its own.
            var (code, _, errors) = await CommandLine.RunAsync(work, settings);
            Assert.Equal(2, code);
            Assert.Contains("A Runner named beta is at work on this database already", errors, StringComparison.Ordinal);

            // Others' runs stay others': without a name any Runner takes it; one that dies with a run is told by the next of its name.
            string left = await product.QueueAsync(new { run.target, run.workers, run.connections, run.warmup, @for = "60s", run.runner });
            await product.UntilAsync(left, r => r.State == "measuring");
            beta.Process.Kill();
            await beta.Process.WaitForExitAsync();
            using var again = CommandLine.Start(work, settings);
            var interrupted = await product.EndAsync(left);
            Assert.True(interrupted is { State: "interrupted", Runner: "beta" }, interrupted.ToString());
            Processes.Signal(again.Process.Id, Processes.SIGTERM);
            await again.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
            Assert.Equal(0, again.Process.ExitCode);
        }
    }

    [Theory]
    [InlineData("Not A Name", "RunnerName: Not A Name is not allowed")]
    [InlineData("beta", "ConnectionStrings__Wobble is not set")]
    public async Task What_a_Runner_needs_is_named_when_it_is_missing(string name, string said)
    {
        var (code, _, errors) = await CommandLine.RunAsync(["work", "--name", name]);

        Assert.Equal(2, code);
        Assert.Contains(said, errors, StringComparison.Ordinal);
    }
}
