using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Wobble.Runner.Stacks;

/// <summary>
/// One thread that empties the output pipes of all components, so that none blocks on a full pipe. A pipe that a grandchild holds open for ever
/// costs nothing: nobody waits for its end but <see cref="DrainAsync"/>, within a bound.
/// </summary>
internal sealed unsafe class LogPump : IDisposable
{
    /// <summary>Bytes taken from a pipe at a time: what a pipe holds.</summary>
    public const int ReadSize = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly List<Source> _sources = [];
    private readonly int[] _wake = new int[2];
    private readonly Thread _thread;
    private bool _disposed;

    private sealed record Source(SafeFileHandle Handle, LogBuffer Buffer, TaskCompletionSource Ended);

    public LogPump()
    {
        fixed (int* fds = _wake)
            if (Native.Pipe(fds, Native.O_CLOEXEC | Native.O_NONBLOCK) != 0) throw new IOException($"No pipe: {Native.LastError()}.");
        _thread = new Thread(Run) { Name = "logs", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Empties this pipe from now on. The task completes when its last writer is gone.</summary>
    public Task Add(SafeFileHandle output, LogBuffer buffer)
    {
        int fd = (int)output.DangerousGetHandle();
        _ = Native.Fcntl(fd, Native.F_SETFL, Native.Fcntl(fd, Native.F_GETFL, 0) | Native.O_NONBLOCK);
        var source = new Source(output, buffer, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate) _sources.Add(source);
        Wake();
        return source.Ended.Task;
    }

    /// <summary>Waits for a pipe's end, but not long: a process that was left behind may hold it.</summary>
    public static Task DrainAsync(Task ended, TimeSpan within) => Task.WhenAny(ended, Task.Delay(within));

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
        }
        Wake();
        _thread.Join();
        foreach (var source in _sources) source.Handle.Dispose();
        foreach (int fd in _wake) _ = Native.Close(fd);
    }

    private void Wake()
    {
        byte one = 1;
        _ = Native.Write(_wake[1], &one, 1);
    }

    private void Run()
    {
        byte* buffer = (byte*)NativeMemory.Alloc(ReadSize);
        while (true)
        {
            List<Source> sources;
            lock (_gate)
            {
                if (_disposed) break;
                sources = [.. _sources];
            }
            var polled = new Native.PollFd[sources.Count + 1];
            for (int i = 0; i < sources.Count; i++) polled[i] = new Native.PollFd { Fd = (int)sources[i].Handle.DangerousGetHandle(), Events = Native.POLLIN };
            polled[^1] = new Native.PollFd { Fd = _wake[0], Events = Native.POLLIN };
            fixed (Native.PollFd* fds = polled) _ = Native.Poll(fds, (nuint)polled.Length, -1);

            if (polled[^1].Returned != 0) _ = Native.Read(_wake[0], buffer, ReadSize);
            for (int i = 0; i < sources.Count; i++)
                if (polled[i].Returned != 0) Empty(sources[i], buffer);
        }
        NativeMemory.Free(buffer);
    }

    private void Empty(Source source, byte* buffer)
    {
        nint got = Native.Read((int)source.Handle.DangerousGetHandle(), buffer, ReadSize);
        if (got > 0)
        {
            source.Buffer.Append(new ReadOnlySpan<byte>(buffer, (int)got));
            return;
        }
        if (got < 0 && Marshal.GetLastPInvokeError() is Native.EAGAIN or Native.EINTR) return;
        lock (_gate) _sources.Remove(source);
        source.Handle.Dispose();
        source.Ended.SetResult();
    }
}
