using Wobble.Results.Domain;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class AllocationTests
{
    private const long Million = 1_000_000;

    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nServer: memory\r\nContent-Length: 5\r\nX-Wobble-Nonce: n\r\n\r\nhello"u8.ToArray();

    [Theory]
    [InlineData(null)]
    [InlineData(1_000_000.0)]
    public void A_million_requests_allocate_nothing(double? rate)
    {
        var plan = Loading.Plan(80) with
        {
            Connections = 10,
            Rate = rate,
            // A busy machine may take the core away for seconds: no request is late for it.
            Deadline = TimeSpan.FromMinutes(10),
            Nonce = "n",
            Count = Million,
            For = null,
            Warmup = TimeSpan.FromMilliseconds(100),
            Requests = [new LoadRequest { Kind = "row", Weight = 3, Path = "/row?key={key}" }, new LoadRequest { Kind = "cpu", Path = "/cpu" }],
        };
        using var loop = new LoadLoop(plan, new RequestSet(plan), 0, 1, new CountDown(Million), _ => new MemoryEngine(10, Answer));

        long allocated = 0;
        bool isOver = false;
        // Gives the seconds back, as the reporter does: a loop that runs out of them makes new ones.
        var reporter = new Thread(() =>
        {
            for (bool isLast = false; !isLast;)
            {
                isLast = SpinWait.SpinUntil(() => Volatile.Read(ref isOver), millisecondsTimeout: 10);
                while (loop.Ledger.Full.TryTake() is { } second)
                {
                    allocated += second.Stage > 0 ? second.AllocatedBytes : 0;
                    loop.Ledger.GiveBack(second);
                }
            }
        });
        reporter.Start();

        try
        {
            loop.Run(Clock.Now());
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            reporter.Join();
        }
        Assert.Equal(Million, loop.Ledger.Totals.Answered);
        Assert.Equal(0, allocated);
    }

    [Theory]
    [MemberData(nameof(Loading.Engines), MemberType = typeof(Loading))]
    public void Real_connections_and_failures_allocate_nothing(string engine)
    {
        string[] answers =
        [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n", "nonsense", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        ];
        using var server = new ScriptedServer((i, _) => Reply.Of(answers[i % answers.Length]));
        var plan = Loading.Plan(server.Port) with { Engine = engine, Connections = 4, Warmup = TimeSpan.FromMilliseconds(500), For = TimeSpan.FromSeconds(1) };

        var loaded = Loading.Run(plan);

        Assert.True(loaded.Totals.Answered > 10, $"{loaded.Totals.Answered} answers");
        Assert.Equal(2, loaded.Totals.Errors.Count);
        Assert.Equal(0, loaded.Measured.Sum(s => s.Generator.AllocatedBytes));
    }
}
