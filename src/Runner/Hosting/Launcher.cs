using System.Collections.Concurrent;
using System.Diagnostics;

namespace Wobble.Runner.Hosting;

/// <summary>
/// Starts processes from one thread that lives as long as this process: the kernel sends a parent-death signal when the *thread* that started the
/// child ends, so a pool thread that retires would end it.
/// </summary>
internal static class Launcher
{
    private static readonly BlockingCollection<Action> Work = [];
    private static readonly Lazy<Thread> Worker = new(() =>
    {
        var thread = new Thread(static () =>
        {
            foreach (var start in Work.GetConsumingEnumerable()) start();
        })
        { IsBackground = true, Name = "launcher" };
        thread.Start();
        return thread;
    });

    /// <summary>Starts the process, or throws what <see cref="Process.Start()"/> throws.</summary>
    public static Task<Process> StartAsync(ProcessStartInfo info)
    {
        _ = Worker.Value;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                var process = new Process { StartInfo = info, EnableRaisingEvents = true };
                process.Start();
                started.SetResult(process);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }
}
