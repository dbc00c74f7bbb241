using System.Runtime.CompilerServices;

namespace Wobble.Runner.Load;

/// <summary>splitmix64 (Steele, Lea &amp; Flood 2014): one add and two multiplications a number, the same sequence for the same seed on every machine.</summary>
internal struct RandomNumbers(long seed)
{
    private ulong state = (ulong)seed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A whole number of 0 … <paramref name="below"/> − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Below(ulong below) => Math.BigMul(Next(), below, out _);

    /// <summary>Exponentially distributed with mean 1: the gaps of a Poisson process. Never infinite.</summary>
    public double Exponential() => -Math.Log(((Next() >> 11) + 1) * (1.0 / (1UL << 53)));
}
