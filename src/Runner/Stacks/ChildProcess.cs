using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Wobble.Runner.Catalog;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Stacks;

/// <summary>What is started and how.</summary>
internal sealed record ChildStart
{
    /// <summary>Program and arguments. A program without a slash is looked for in the environment's PATH.</summary>
    public required IReadOnlyList<string> Command { get; init; }
    /// <summary>The whole environment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Working directory; null: the parent's.</summary>
    public string? WorkingDirectory { get; init; }
    /// <summary>True: <see cref="ChildProcess.Input"/> is a pipe to it; else it reads /dev/null.</summary>
    public bool WithInput { get; init; }
    /// <summary>True: standard error has a pipe of its own; else it is one with standard output, in the order written.</summary>
    public bool SeparateError { get; init; }
    /// <summary>Cores it may use; null: the parent's.</summary>
    public IReadOnlyList<int>? Cores { get; init; }
    /// <summary>RLIMIT_NPROC, which counts what its user runs in its user namespace, threads too (setrlimit(2)); null: the parent's.</summary>
    public int? MostProcesses { get; init; }
}

/// <summary>
/// A process in a session of its own, so that its whole group can be told apart and ended. Unlike <see cref="System.Diagnostics.Process"/> it gives
/// the signal that ended it, one pipe for both outputs, default signal handling, and no shared terminal. Its parent is the thread that starts it.
/// </summary>
internal sealed class ChildProcess
{
    private static readonly Lock Affinity = new();

    private ChildProcess(int pid) => Pid = pid;

    /// <summary>Also the id of its process group and session.</summary>
    public int Pid { get; }
    /// <summary>Writes to its standard input; null without.</summary>
    public SafeFileHandle? Input { get; private init; }
    /// <summary>Reads its standard output, with the error output unless that is separate. The reader disposes it.</summary>
    public required SafeFileHandle Output { get; init; }
    /// <summary>Reads its standard error; null when that goes to <see cref="Output"/>.</summary>
    public SafeFileHandle? Error { get; private init; }

    /// <summary>Sends a signal to the process. False when it is gone.</summary>
    public bool Signal(int signal) => Native.Kill(Pid, signal) == 0;

    /// <summary>Sends a signal to its whole process group.</summary>
    public void SignalGroup(int signal) => _ = Native.Kill(-Pid, signal);

    /// <summary>Blocks this thread until the process ended. Only for a process that <see cref="ChildReaper"/> doesn't watch.</summary>
    public ExitStatus Wait()
    {
        while (true)
        {
            int got = Native.WaitPid(Pid, out int status, 0);
            if (got == Pid) return ExitStatus.FromWait(status);
            if (Marshal.GetLastPInvokeError() != Native.EINTR) return new ExitStatus(null, null);
        }
    }

    /// <summary>Starts it. Throws <see cref="IOException"/> with the reason when that can't be.</summary>
    public static unsafe ChildProcess Start(ChildStart start)
    {
        string found = Find(start.Command[0], start.Environment) ?? throw new IOException($"{start.Command[0]} was not found in {start.Environment.GetValueOrDefault("PATH") ?? "no PATH"}.");
        // posix_spawn sets no limits; prlimit sets it and becomes the program. Nobody here may raise a hard limit, so a lower one stays as it is.
        bool isLimited = start.MostProcesses < Limits.Hard("Max processes") && File.Exists(found);
        IReadOnlyList<string> command = isLimited ? [StackPrograms.Prlimit, string.Create(CultureInfo.InvariantCulture, $"--nproc={start.MostProcesses}:{start.MostProcesses}"), "--", found, .. start.Command.Skip(1)] : start.Command;
        string program = isLimited ? StackPrograms.Prlimit : found;
        var (childIn, input) = start.WithInput ? MakePipe() : (null, null);
        var (output, childOut) = MakePipe();
        var (error, childError) = start.SeparateError ? MakePipe() : (null, null);
        using var strings = new NativeStrings();
        byte* actions = stackalloc byte[Native.SpawnStructSize];
        byte* attributes = stackalloc byte[Native.SpawnStructSize];
        byte* signals = stackalloc byte[Native.SignalSetSize];
        _ = Native.FileActionsInit(actions);
        _ = Native.SpawnAttributesInit(attributes);
        try
        {
            if (childIn is null) _ = Native.FileActionsOpen(actions, 0, strings.Add("/dev/null"), Native.O_RDONLY, 0);
            else _ = Native.FileActionsDup2(actions, Fd(childIn), 0);
            _ = Native.FileActionsDup2(actions, Fd(childOut), 1);
            _ = Native.FileActionsDup2(actions, Fd(childError ?? childOut), 2);
            if (start.WorkingDirectory is { } folder) _ = Native.FileActionsChangeDirectory(actions, strings.Add(folder));
            _ = Native.SpawnAttributesFlags(attributes, Native.POSIX_SPAWN_SETSIGDEF | Native.POSIX_SPAWN_SETSIGMASK | Native.POSIX_SPAWN_SETSID);
            _ = Native.FillSignals(signals);
            _ = Native.SpawnAttributesDefaultSignals(attributes, signals);
            _ = Native.NoSignals(signals);
            _ = Native.SpawnAttributesSignalMask(attributes, signals);
            byte** arguments = strings.AddAll(command);
            byte** environment = strings.AddAll(start.Environment.Select(e => $"{e.Key}={e.Value}"));
            int failure, pid;
            using (WithCores(start.Cores))
                failure = Native.Spawn(out pid, strings.Add(program), actions, attributes, arguments, environment);
            if (failure != 0)
            {
                foreach (var handle in (SafeFileHandle?[])[input, output, error]) handle?.Dispose();
                throw new IOException($"{program} could not be started: {Marshal.GetPInvokeErrorMessage(failure)}.");
            }
            return new ChildProcess(pid) { Input = input, Output = output, Error = error };
        }
        finally
        {
            _ = Native.FileActionsDestroy(actions);
            _ = Native.SpawnAttributesDestroy(attributes);
            foreach (var handle in (SafeFileHandle?[])[childIn, childOut, childError]) handle?.Dispose();
        }
    }

    private static string? Find(string program, IReadOnlyDictionary<string, string> environment)
    {
        if (program.Contains('/', StringComparison.Ordinal)) return program;
        string path = environment.GetValueOrDefault("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    private static int Fd(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static unsafe (SafeFileHandle Read, SafeFileHandle Write) MakePipe()
    {
        int* fds = stackalloc int[2];
        if (Native.Pipe(fds, Native.O_CLOEXEC) != 0) throw new IOException($"No pipe: {Native.LastError()}.");
        return (new SafeFileHandle(fds[0], ownsHandle: true), new SafeFileHandle(fds[1], ownsHandle: true));
    }

    /// <summary>A child inherits the cores of the thread that starts it, so the thread takes them for that moment.</summary>
    private static AffinityScope WithCores(IReadOnlyList<int>? cores)
    {
        if (cores is null) return default;
        Affinity.Enter();
        var scope = new AffinityScope(Cores.Allowed());
        Cores.Pin(cores);
        return scope;
    }

    private readonly struct AffinityScope(IReadOnlyList<int>? before) : IDisposable
    {
        public void Dispose()
        {
            if (before is null) return;
            Cores.Pin(before);
            Affinity.Exit();
        }
    }

    /// <summary>Null-terminated UTF-8 strings and arrays of them, freed together.</summary>
    private sealed unsafe class NativeStrings : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public byte* Add(string text)
        {
            int length = Encoding.UTF8.GetByteCount(text);
            byte* block = (byte*)NativeMemory.Alloc((nuint)length + 1);
            _blocks.Add((nint)block);
            Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
            block[length] = 0;
            return block;
        }

        public byte** AddAll(IEnumerable<string> texts)
        {
            var list = texts.ToList();
            byte** block = (byte**)NativeMemory.Alloc((nuint)(list.Count + 1), (nuint)sizeof(byte*));
            _blocks.Add((nint)block);
            for (int i = 0; i < list.Count; i++) block[i] = Add(list[i]);
            block[list.Count] = null;
            return block;
        }

        public void Dispose()
        {
            foreach (nint block in _blocks) NativeMemory.Free((void*)block);
        }
    }
}
