using Wobble.Results.Domain;
using Wobble.Runner.Execution;
using Wobble.Runner.Stacks;
using Wobble.Runner.Tests.Load;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Execution;

/// <summary>What an app may answer to the check of answers and to the probe of its readiness.</summary>
public sealed class HostileAnswerTests
{
    private static readonly string Huge = new('x', 4 * ReadyProbes.MostRead);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "answered with more than the 1 MB of body")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n", "answered with more than the 1 MB of body")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n", "answered with more than the 1 MB of body")]
    [InlineData("HTTP/1.1 200 OK\r\nX: ", "64 kB of head")]
    public async Task A_body_without_end_is_not_kept_and_the_failure_says_what_came(string head, string expected)
    {
        using var server = new ScriptedServer(new Reply([head + Huge]));
        var plan = SamplePlans.For(new Definition { Target = "uwsgi-http/bottle", Workload = "cpu:0" });
        plan = plan with { Load = plan.Load with { Port = server.Port } };

        string? notReady = await ReadyProbes.AskAsync(new ReadyProbe("http", server.Port, "/", TimeSpan.FromSeconds(10)), CancellationToken.None);
        var wrong = await Assert.ThrowsAsync<StackException>(() => new AnswerCheck(plan).RunAsync(CancellationToken.None));

        Assert.Contains(expected, notReady, StringComparison.Ordinal);
        Assert.StartsWith("The answer to /cpu?ms=0 is wrong: the app answered with more than", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var elsewhere = new ScriptedServer(Reply.Ok);
        using var server = new ScriptedServer(Reply.Of($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere.Port}/\r\nContent-Length: 0\r\n\r\n"));

        Assert.Equal("/ answered 302", await ReadyProbes.AskAsync(new ReadyProbe("http", server.Port, "/", TimeSpan.FromSeconds(10)), CancellationToken.None));
        Assert.Equal(0, elsewhere.Connections);
    }
}
