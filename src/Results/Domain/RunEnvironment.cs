namespace Wobble.Results.Domain;

/// <summary>The machine as a run found it.</summary>
public sealed record RunEnvironment
{
    /// <summary>Host name.</summary>
    public required string Host { get; init; }
    /// <summary>CPU model as the kernel names it.</summary>
    public required string Cpu { get; init; }
    /// <summary>Cores the run may use.</summary>
    public required int Cores { get; init; }
    /// <summary>Cores the machine has.</summary>
    public required int CoresOfMachine { get; init; }
    /// <summary>Memory, MB.</summary>
    public required long MemoryMb { get; init; }
    /// <summary>Memory available at the start, MB.</summary>
    public required long MemoryAvailableMb { get; init; }
    /// <summary>Kernel release.</summary>
    public required string Kernel { get; init; }
    /// <summary>Distribution.</summary>
    public required string System { get; init; }
    /// <summary>Frequency governor, or null where the kernel shows none (a virtual machine).</summary>
    public string? Governor { get; init; }
    /// <summary>Current clock source.</summary>
    public string? ClockSource { get; init; }
    /// <summary>Hypervisor flag of the CPU.</summary>
    public bool Virtual { get; init; }
    /// <summary>net.core.somaxconn as the stack sees it.</summary>
    public string? Somaxconn { get; init; }
    /// <summary><c>bubblewrap</c>, or <c>none</c> with the reason.</summary>
    public required string Sandbox { get; init; }
    /// <summary>Where the generator runs: cores and priority.</summary>
    public string? GeneratorPlace { get; init; }
    /// <summary>Load average of the last minute before the run.</summary>
    public double LoadAverage { get; init; }
    /// <summary>User the stack runs as.</summary>
    public string? User { get; init; }
    /// <summary>Versions of every component and package.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();
    /// <summary>Wobble's version and commit.</summary>
    public required string Wobble { get; init; }
}
