using System.Globalization;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Runner.Load;
using Wobble.Runner.Tests.Load;

namespace Wobble.Bench.Load;

/// <summary>What the generator's own code costs a request, without the kernel: the same loop, answers from memory.</summary>
internal static class OwnCode
{
    private const int Slots = 100;

    private static readonly byte[] Answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Thu, 26 Nov 2026 08:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 50\r\nConnection: keep-alive\r\n\r\n{new string('x', 50)}");

    public static int Run(string[] arguments)
    {
        int requests = Spread.Argument(arguments, 0, 10_000_000);
        foreach (int attempt in (int[])[1, 2, 3])
        {
            var plan = Tools.Plan(80) with { Connections = Slots, For = null, Count = requests, Warmup = TimeSpan.FromMilliseconds(500) };
            using var loop = new LoadLoop(plan, new RequestSet(plan), 0, 1, new CountDown(requests), _ => new MemoryEngine(Slots, Answer));
            loop.Run(Clock.Now());
            var totals = loop.Ledger.Totals;
            Console.WriteLine($"{attempt}: {(totals.ThreadCpuNs / (double)totals.Answered).ToString("0", CultureInfo.InvariantCulture)} ns of CPU a request in the generator's own code");
        }
        return 0;
    }
}
