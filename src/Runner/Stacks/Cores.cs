namespace Wobble.Runner.Stacks;

/// <summary>The cores this process may use.</summary>
internal static unsafe class Cores
{
    private const int Words = 16;

    /// <summary>Numbers of the allowed cores, ascending.</summary>
    public static IReadOnlyList<int> Allowed()
    {
        ulong* mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        if (Native.GetAffinity(0, Words * sizeof(ulong), mask) < 0) return [.. Enumerable.Range(0, Environment.ProcessorCount)];
        var cores = new List<int>();
        for (int core = 0; core < Words * 64; core++)
            if ((mask[core / 64] >> (core % 64) & 1) == 1) cores.Add(core);
        return cores;
    }

    /// <summary>Where there are three or more, the last is the generator's alone; else the stack shares all.</summary>
    public static IReadOnlyList<int> OfStack(IReadOnlyList<int> allowed) => allowed.Count >= 3 ? [.. allowed.Take(allowed.Count - 1)] : allowed;

    /// <summary>Keeps the calling thread, and what it starts, to these cores.</summary>
    public static void Pin(IReadOnlyList<int> cores)
    {
        ulong* mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        foreach (int core in cores) mask[core / 64] |= 1UL << (core % 64);
        _ = Native.SetAffinity(0, Words * sizeof(ulong), mask);
    }
}
