using Wobble.Runner.Commands;

namespace Wobble.Runner.Tests;

/// <summary>An option that would change nothing is refused, with its field and what is allowed.</summary>
public sealed class UnusedOptionTests
{
    [Theory]
    [InlineData("workers: 8 is not allowed; none: the search finds them", "tune uwsgi-http/bottle --workers 8")]
    [InlineData("workers: published is not allowed; none: the search finds them", "tune uwsgi-http/bottle --workers published")]
    [InlineData("metric: p50 is not allowed; p99, or nothing", "capacity uwsgi-http/bottle --objective 50ms --metric p50")]
    [InlineData("delta: 0.05 is not allowed; none: a capacity is a rate", "capacity uwsgi-http/bottle --objective 50ms --delta 5%")]
    [InlineData("fail-if: p99>50ms is not allowed; none: a plan is printed", "plan uwsgi-http/bottle --fail-if p99>50ms")]
    [InlineData("schedule: poisson is not allowed; none without a rate", "load http://127.0.0.1:1/ --schedule poisson")]
    [InlineData("max_waiting: 10 is not allowed; none without a rate", "load http://127.0.0.1:1/ --stages 1s@5,1s@10 --max-waiting 10")]
    [InlineData("method: POST is not allowed; no method beside a file", "load http://127.0.0.1:1/ --file FILE -X post")]
    [InlineData("url: http://127.0.0.1:1/row is not allowed; http://HOST[:PORT]/ beside a file", "load http://127.0.0.1:1/row --file FILE")]
    public async Task An_option_that_changes_nothing_is_refused(string says, string line)
    {
        string file = Path.Combine(Path.GetTempPath(), $"wobble-{Guid.NewGuid():n}.json");
        await File.WriteAllTextAsync(file, """[{"kind": "read", "path": "/"}]""");

        var (code, _, error) = await CommandLine.RunAsync([.. line.Split(' ').Select(word => word == "FILE" ? file : word)]);

        File.Delete(file);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }
}
