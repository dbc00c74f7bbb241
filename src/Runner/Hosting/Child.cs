using System.ComponentModel;
using System.Diagnostics;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>
/// One start of a <see cref="ChildSpec"/>. Guarantees: its output goes to its log line by line; <see cref="Exited"/> completes when the process is gone,
/// also when a grandchild keeps its output open; <see cref="StopAsync"/> returns by a known time with the process gone.
/// </summary>
internal sealed class Child : IDisposable
{
    private readonly ChildSpec _spec;
    private readonly Process _process;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Child(ChildSpec spec, Process process)
    {
        _spec = spec;
        _process = process;
        Identity = ProcessIdentity.Of(spec.Name, process.Id);
        process.Exited += (_, _) => _exited.TrySetResult(process.ExitCode);
        if (process.HasExited) _exited.TrySetResult(process.ExitCode);
    }

    /// <summary>Which process it is; null when it was gone at once.</summary>
    public ProcessIdentity? Identity { get; }

    /// <summary>Completes with the exit code (128 + signal when a signal ended it).</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts it; each line goes to <paramref name="onLine"/>.</summary>
    public static async Task<Child> StartAsync(ChildSpec spec, Action<string> onLine)
    {
        var wrapped = spec.Wrapped();
        var info = new ProcessStartInfo(wrapped[0], wrapped.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var (name, value) in spec.Environment())
        {
            if (value is null) info.Environment.Remove(name);
            else info.Environment[name] = value;
        }
        try
        {
            var process = await Launcher.StartAsync(info);
            process.StandardInput.Close();
            _ = PumpAsync(process.StandardOutput, onLine);
            _ = PumpAsync(process.StandardError, onLine);
            return new Child(spec, process);
        }
        catch (Win32Exception e)
        {
            throw new HostingException($"{spec.Name} can't be started: {wrapped[0]}: {e.Message}.");
        }
    }

    /// <summary>Each signal of the spec in turn, a bounded wait after each, SIGKILL at last; at once when <paramref name="hurry"/> fires.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        foreach (var step in _spec.Stop)
        {
            if (Exited.IsCompleted || hurry.IsCancellationRequested) break;
            Native.Kill(_process.Id, step.Signal);
            // One that was stopped (SIGSTOP, a debugger) would never hear it.
            Native.Kill(_process.Id, Native.SIGCONT);
            try
            {
                await Exited.WaitAsync(step.Within, hurry);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                // The next step is sharper.
            }
        }
        if (!Exited.IsCompleted) Native.Kill(_process.Id, Native.SIGKILL);
        await Exited;
    }

    public void Dispose() => _process.Dispose();

    private static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line) onLine(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The child is over and its handle disposed of.
        }
    }
}
