namespace Wobble.Runner.Load;

/// <summary>
/// Intended send times of one thread. Constant: the k-th of a stage is due at start + k/rate, computed anew from k, so rounding never adds up; with several
/// threads each takes every n-th. Poisson: each thread a process of its share of the rate, whose sum is a Poisson process of the whole rate.
/// </summary>
internal sealed class Schedule(bool isPoisson, long seed, int thread, int threads)
{
    private const double NsPerSecond = 1e9;
    private RandomNumbers random = new(seed);
    private long start;
    private long count;
    private double rate;
    private double elapsed;

    /// <summary>When the next request is due, ns.</summary>
    public long Next { get; private set; } = long.MaxValue;

    /// <summary>Gap between requests of this thread on average, ns.</summary>
    public double Gap { get; private set; }

    public void Begin(long at, double rate)
    {
        start = at;
        this.rate = rate;
        Gap = NsPerSecond / rate * threads;
        count = thread;
        elapsed = 0;
        if (isPoisson) Advance(); else Next = start + Constant();
    }

    public void Advance()
    {
        if (isPoisson)
        {
            elapsed += random.Exponential() * Gap;
            Next = start + (long)elapsed;
            return;
        }
        count += threads;
        Next = start + Constant();
    }

    // The quotient, not a multiple of a rounded period: what is due on the second must not fall into the one before.
    private long Constant() => (long)Math.Round(count * NsPerSecond / rate);
}

/// <summary>Requests that are due and wait for a free connection, in order. Memory for all of them is there from the start.</summary>
internal sealed class WaitingLine
{
    private readonly long[] intended;
    private readonly byte[] kinds;
    private int first;

    public WaitingLine(int capacity)
    {
        intended = new long[capacity];
        kinds = new byte[capacity];
    }

    public int Count { get; private set; }
    public int Capacity => intended.Length;

    public void Add(long at, int kind)
    {
        int place = (int)(((long)first + Count++) % intended.Length);
        intended[place] = at;
        kinds[place] = (byte)kind;
    }

    public long Take(out int kind)
    {
        long at = intended[first];
        kind = kinds[first];
        first = first + 1 == intended.Length ? 0 : first + 1;
        Count--;
        return at;
    }
}
