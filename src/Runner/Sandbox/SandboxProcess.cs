using System.Text;
using System.Threading.Channels;
using Wobble.Runner.Execution;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// A running sandbox. Started and waited for by one thread that lives as long as it does: the kernel ends the sandbox with its parent, and that parent is
/// a thread.
/// </summary>
internal sealed class SandboxProcess : IDisposable
{
    private readonly ChildProcess _process;
    private readonly FileStream _input;
    private readonly LogPump _pump = new();
    private readonly Task _drained;

    private SandboxProcess(ChildProcess process, Task<ExitStatus> exit)
    {
        _process = process;
        Exit = exit;
        _input = new FileStream(process.Input!, FileAccess.Write, bufferSize: 0);
        Lines = LineReader.Start(process.Output, "facts");
        _drained = _pump.Add(process.Error!, Errors);
    }

    /// <summary>Of the process that was started; the sandbox is below it.</summary>
    public int Pid => _process.Pid;
    /// <summary>Its standard output; ends with it.</summary>
    public ChannelReader<string> Lines { get; }
    /// <summary>Its standard error.</summary>
    public LogBuffer Errors { get; } = new();
    /// <summary>Completes when it is gone, and in the sandbox everything in it.</summary>
    public Task<ExitStatus> Exit { get; }

    /// <summary>Starts it. Throws <see cref="StackException"/> when that can't be.</summary>
    public static Task<SandboxProcess> StartAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        var started = new TaskCompletionSource<SandboxProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        var exit = new TaskCompletionSource<ExitStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            ChildProcess process;
            try
            {
                process = ChildProcess.Start(new ChildStart { Command = command, Environment = environment, WithInput = true, SeparateError = true });
            }
            catch (IOException e)
            {
                started.SetException(new StackException($"The sandbox did not start: {e.Message}"));
                return;
            }
            started.SetResult(new SandboxProcess(process, exit.Task));
            exit.SetResult(process.Wait());
        })
        { Name = "sandbox", IsBackground = true };
        thread.Start();
        return started.Task;
    }

    /// <summary>Writes a line to its standard input; nothing when it is gone.</summary>
    public void WriteLine(string line)
    {
        try
        {
            _input.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (IOException)
        {
            // Its exit says more than a broken pipe.
        }
    }

    /// <summary>Ends it at once: its own group, and by the kernel all that hangs on it.</summary>
    public void Kill()
    {
        if (!Exit.IsCompleted) _process.SignalGroup(Native.SIGKILL);
    }

    /// <summary>Its last words, once it is gone; empty when it had none.</summary>
    public async Task<string> LastWordsAsync()
    {
        await LogPump.DrainAsync(_drained, TimeSpan.FromMilliseconds(200));
        return Errors.LastLines(6);
    }

    public void Dispose()
    {
        _input.Dispose();
        _pump.Dispose();
    }
}
