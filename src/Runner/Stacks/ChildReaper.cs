using System.Runtime.InteropServices;

namespace Wobble.Runner.Stacks;

/// <summary>How a process ended: one of the two is set, neither when that can't be known.</summary>
internal readonly record struct ExitStatus(int? Code, int? Signal)
{
    /// <summary>From <c>waitpid</c>'s status word.</summary>
    public static ExitStatus FromWait(int status) => (status & 0x7f) == 0 ? new(status >> 8 & 0xff, null) : new(null, status & 0x7f);

    /// <summary>What a wrapper around a process (bubblewrap, a shell) tells of its end: 128 + the signal's number where a signal ended it.</summary>
    public ExitStatus Unwrapped() => Code is > 128 and <= 128 + 64 and { } told ? new ExitStatus(null, told - 128) : this;

    public override string ToString() => this switch
    {
        { Code: { } code } => $"exited with code {code}",
        { Signal: { } signal } => $"was ended by {Signals.Name(signal)}",
        _ => "ended, nobody knows how",
    };
}

/// <summary>Names of signals.</summary>
internal static class Signals
{
    private static readonly Dictionary<string, int> Numbers = new() { ["HUP"] = 1, ["INT"] = 2, ["QUIT"] = 3, ["ILL"] = 4, ["ABRT"] = 6, ["BUS"] = 7, ["FPE"] = 8, ["KILL"] = 9, ["USR1"] = 10, ["SEGV"] = 11, ["USR2"] = 12, ["PIPE"] = 13, ["ALRM"] = 14, ["TERM"] = 15, ["SYS"] = 31 };

    /// <summary><c>SIGTERM</c> of 15.</summary>
    public static string Name(int number) => Numbers.FirstOrDefault(n => n.Value == number).Key is { } name ? "SIG" + name : $"signal {number}";

    /// <summary>15 of <c>TERM</c> or <c>SIGTERM</c>.</summary>
    public static int Number(string name) => Numbers.TryGetValue(name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name, out int number) ? number : throw new ArgumentException($"No signal {name}: {string.Join(", ", Numbers.Keys)}.", nameof(name));
}

/// <summary>Waits for children of <see cref="ChildProcess"/> as their SIGCHLD arrives, and for no others.</summary>
internal static class ChildReaper
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, TaskCompletionSource<ExitStatus>> Watched = [];
    private static readonly PosixSignalRegistration Registration = PosixSignalRegistration.Create((PosixSignal)Native.SIGCHLD, _ => Reap());

    /// <summary>Completes when the child has ended and is reaped.</summary>
    public static Task<ExitStatus> Watch(int pid)
    {
        GC.KeepAlive(Registration);
        var ended = new TaskCompletionSource<ExitStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (Gate) Watched.Add(pid, ended);
        Reap();
        return ended.Task;
    }

    private static void Reap()
    {
        lock (Gate)
        {
            foreach (var (pid, ended) in Watched.ToList())
            {
                int got = Native.WaitPid(pid, out int status, Native.WNOHANG);
                if (got == 0) continue;
                Watched.Remove(pid);
                ended.SetResult(got == pid ? ExitStatus.FromWait(status) : new ExitStatus(null, null));
            }
        }
    }
}
