using System.Globalization;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Runner.Load;

namespace Wobble.Bench.Load;

/// <summary>What the generator's own code costs a request, without the kernel: the same loop, answers from memory.</summary>
internal static class OwnCode
{
    private const int Slots = 100;

    private sealed class MemoryEngine(int slots) : Engine
    {
        private readonly int[] started = new int[slots];
        private readonly byte[] answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Thu, 26 Nov 2026 08:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 50\r\nConnection: keep-alive\r\n\r\n{new string('x', 50)}");
        private int count;

        public override string Name => "memory";

        public override int Start(int slot)
        {
            started[count++] = slot;
            return 0;
        }

        public override void Release(int slot) { }
        public override void Abort(int slot) { }

        public override void Wait(long now, long until, LoadLoop loop)
        {
            WokeAt = Clock.Now();
            int due = count;
            count = 0;
            for (int i = 0; i < due && !loop.HasEnded; i++) loop.OnReceived(started[i], answer, isClosed: false);
        }

        public override void Dispose() { }
    }

    public static int Run(string[] arguments)
    {
        int requests = Spread.Argument(arguments, 0, 10_000_000);
        foreach (int attempt in (int[])[1, 2, 3])
        {
            var plan = Tools.Plan(80) with { Connections = Slots, For = null, Count = requests, Warmup = TimeSpan.FromMilliseconds(500) };
            using var loop = new LoadLoop(plan, new RequestSet(plan), 0, 1, new CountDown(requests), _ => new MemoryEngine(Slots));
            loop.Run(Clock.Now());
            var totals = loop.Ledger.Totals;
            Console.WriteLine($"{attempt}: {(totals.ThreadCpuNs / (double)totals.Answered).ToString("0", CultureInfo.InvariantCulture)} ns of CPU a request in the generator's own code");
        }
        return 0;
    }
}
