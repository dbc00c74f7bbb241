using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

/// <summary>Answers each request at once, from memory: what is left is the generator's own code.</summary>
internal sealed class MemoryEngine(int slots, byte[] answer) : Engine
{
    private readonly int[] started = new int[slots];
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
