using Wobble.Results.Domain;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Tests;

public sealed class FailIfTests
{
    private static readonly RunResult Result = new()
    {
        Connections = 100,
        KeepAlive = false,
        Requests = 5_000,
        Throughput = 500,
        LatencyMs = new Latencies(1, 10, 12, 15, 20, 51.5, null, 80, 11),
        Errors = new Dictionary<string, long> { ["reset"] = 5 },
        Trust = new Trust("sound", []),
        Generator = new GeneratorCost(5, 0.1),
    };

    [Theory]
    [InlineData("p99>50ms", "p99 is 51.5 ms (--fail-if p99>50ms)")]
    [InlineData("p99 > 0.05s", "p99 is 51.5 ms (--fail-if p99>0.05s)")]
    [InlineData("p99>=51.5", "p99 is 51.5 ms (--fail-if p99>=51.5)")]
    [InlineData("p99>51.5ms", null)]
    [InlineData("p99<=51.5ms", "p99 is 51.5 ms (--fail-if p99<=51.5ms)")]
    [InlineData("p50<10ms", null)]
    [InlineData("p75>11ms", "p75 is 12 ms (--fail-if p75>11ms)")]
    [InlineData("max>1m", null)]
    [InlineData("mean<=11", "mean is 11 ms (--fail-if mean<=11)")]
    [InlineData("throughput<1000", "throughput is 500 (--fail-if throughput<1000)")]
    [InlineData("errors>0", "errors is 5 (--fail-if errors>0)")]
    [InlineData("errors>0.1%", null)]
    [InlineData("errors>=0.05%", "errors% is 0.1 (--fail-if errors>=0.05%)")]
    [InlineData("p99.9>1s", "p99.9 can't be shown with 5,000 requests (--fail-if p99.9>1s)")]
    public void Says_whether_it_holds(string text, string? sentence)
    {
        Assert.True(FailIf.TryParse(text, out var condition));
        Assert.Equal(sentence, condition!.Holds(Result));
    }

    [Theory]
    [InlineData("")]
    [InlineData("p99")]
    [InlineData("p99>")]
    [InlineData(">50ms")]
    [InlineData("p98>50ms")]
    [InlineData("p99=50ms")]
    [InlineData("p99>>50ms")]
    [InlineData("p99>-1ms")]
    [InlineData("p99>nan")]
    [InlineData("p99>NaN")]
    [InlineData("errors>NaN%")]
    [InlineData("throughput<Infinity")]
    [InlineData("throughput<10ms")]
    [InlineData("throughput<10%")]
    [InlineData("p99>1%")]
    [InlineData("P99>50ms")]
    public void Refuses_the_rest(string text) => Assert.False(FailIf.TryParse(text, out _));
}
