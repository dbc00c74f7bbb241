using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using SelfProcess = Wobble.Runner.Load.SelfProcess;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// The load generator as a child: told its plan at once, so that it warms up while the stack starts; begins at <see cref="Go"/>; says what happens in
/// facts. Never outlives <see cref="StopAsync"/>.
/// </summary>
internal sealed class GeneratorProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly FileStream _input;
    private readonly Task _drained;

    private GeneratorProcess(ChildProcess process, LogPump pump)
    {
        _process = process;
        _input = new FileStream(process.Input!, FileAccess.Write, bufferSize: 0);
        _drained = pump.Add(process.Error!, Log);
        Lines = LineReader.Start(process.Output, "generator");
        Exit = ChildReaper.Watch(process.Pid);
    }

    public const string Name = "generator";

    /// <summary>Its facts, unread; ends with it.</summary>
    public ChannelReader<string> Lines { get; }
    /// <summary>What it wrote to standard error.</summary>
    public LogBuffer Log { get; } = new();
    public Task<ExitStatus> Exit { get; }
    /// <summary>True once it has ended, also before that was noticed.</summary>
    public bool HasEnded => Exit.IsCompleted || ProcessTable.ReadOne(_process.Pid) is not { IsAlive: true };

    /// <summary>Starts it on all cores that Wobble may use: it finds its own place among them.</summary>
    public static GeneratorProcess Start(IReadOnlyList<string> command, LoadPlan plan, LogPump pump)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        foreach (var (name, value) in SelfProcess.RuntimeOfGenerator) environment[name] = value;
        ChildProcess process;
        try
        {
            process = ChildProcess.Start(new ChildStart { Command = command, Environment = environment, WithInput = true, SeparateError = true });
        }
        catch (IOException e)
        {
            throw new StackException($"The load generator did not start: {e.Message}");
        }
        var generator = new GeneratorProcess(process, pump);
        generator.WriteLine(JsonSerializer.Serialize(plan, WobbleJson.Options));
        return generator;
    }

    /// <summary>Waits for <see cref="Load.Generator.HiddenWord"/>. An app that started earlier could speak in the generator's name.</summary>
    public async Task WaitUntilHiddenAsync(TimeSpan within, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(within);
        try
        {
            await foreach (string line in Lines.ReadAllAsync(limit.Token))
                if (line == Load.Generator.HiddenWord) return;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new StackException($"The load generator did not start within {Duration.Format(within)}.{Quote()}");
        }
        throw new StackException($"The load generator {await Exit} before the stack was started.{Quote()}");
    }

    /// <summary>Reads facts until it says that it is ready. What else it says before that is returned, in order.</summary>
    public async Task<IReadOnlyList<Fact>> WaitUntilReadyAsync(TimeSpan within, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(within);
        var said = new List<Fact>();
        try
        {
            await foreach (string line in Lines.ReadAllAsync(limit.Token))
            {
                if (!Fact.TryParse(line, out var fact)) continue;
                if (fact is EndFact end) throw new StackException($"The load generator ended before the load began: {end.Reason}");
                said.Add(fact!);
                if (fact is EventFact { Kind: EventKinds.Ready }) return said;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new StackException($"The load generator was not ready within {Duration.Format(within)}.{Quote()}");
        }
        throw new StackException($"The load generator {await Exit} before the load began.{Quote()}");
    }

    /// <summary>Begins the load.</summary>
    public void Go() => WriteLine(Load.Generator.GoWord);

    /// <summary>Asks it to end, waits, kills it. Its last facts can still be read.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        if (!Exit.IsCompleted)
        {
            _process.Signal(Native.SIGTERM);
            if (await Task.WhenAny(Exit, Task.Delay(within)) != Exit) _process.SignalGroup(Native.SIGKILL);
        }
        await Exit;
        await LogPump.DrainAsync(_drained, TimeSpan.FromMilliseconds(100));
        await _input.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero);

    /// <summary>Its last lines, to follow a sentence.</summary>
    public string Quote() => Log.LastLines(6) is { Length: > 0 } lines ? $" It said: {lines}" : "";

    private void WriteLine(string line)
    {
        try
        {
            _input.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (IOException)
        {
            // It is gone: its exit says more than a broken pipe.
        }
    }
}
