using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Measurement;

namespace Wobble.Runner.Execution;

/// <summary>How the load went: the generator's totals as far as it got, and why it did not get to its end, when it didn't.</summary>
internal sealed record LoadOutcome(LoadTotals? Totals, string? Failure);

/// <summary>
/// The load from <c>go</c> to the generator's end: passes its facts on, each second with what was watched in it. Ends early, by a stated time, when the
/// run is cancelled, when the stack fell over, or when the generator hangs; the second that was going on then is still waited for.
/// </summary>
internal sealed class LoadPhase(Plan plan, GeneratorProcess generator, Stack stack, FactWriter facts, MeasurementClock clock)
{
    // A stack that lost a part and answers nothing for so long has fallen over, though processes of it are still there.
    private const int SilentSeconds = 5;
    private static readonly TimeSpan LastSecond = TimeSpan.FromSeconds(1.3);

    private readonly TaskCompletionSource<string> _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _nextSecond = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _silentSeconds;
    private long _lastSaid = Environment.TickCount64;
    private int _measured;
    private EndFact? _end;

    /// <summary>Throws only <see cref="OperationCanceledException"/> when <paramref name="cancel"/> asks for it.</summary>
    public async Task<LoadOutcome> RunAsync(CancellationToken cancel)
    {
        await using var sampler = new StackSampler(stack.Components);
        await sampler.BeginAsync(cancel);
        var cancelled = Task.Delay(Timeout.Infinite, cancel);
        var limit = Deadlines.Load(plan.Load);
        var late = Task.Delay(limit, cancel);
        generator.Go();
        var reading = ReadAsync(sampler);

        var hung = HangsAsync(reading);
        var first = await Task.WhenAny(reading, stack.FellOver, _silent.Task, cancelled, late, hung);
        bool fell = first == stack.FellOver || first == _silent.Task;
        // The generator ends when its load is over: what fell then fell after it, however late its last words are read on a busy machine.
        bool wasOver = fell && generator.HasEnded;
        if (fell && !wasOver) await Task.WhenAny(_nextSecond.Task, reading, cancelled, Task.Delay(LastSecond, CancellationToken.None));
        await generator.StopAsync(Deadlines.StopLoad);
        await reading;

        cancel.ThrowIfCancellationRequested();
        if (fell && !(wasOver && _end is { State: RunState.Completed })) return new LoadOutcome(_end?.Totals, $"Fell over {clock.When()}: {await (Task<string>)first}.");
        if (first == hung && await hung) return new LoadOutcome(_end?.Totals, $"Fell over {clock.When()}: the load generator said nothing for {Duration.Format(Deadlines.SilentGenerator(plan.Load))}.{generator.Quote()}");
        if (first == late) return new LoadOutcome(_end?.Totals, $"The load did not end within {Duration.Format(limit)}.{generator.Quote()}");
        if (_end is null) return new LoadOutcome(null, $"Fell over {clock.When()}: the load generator {await generator.Exit}.{generator.Quote()}");
        // Wobble itself ends it only after one of the above.
        if (_end.State == RunState.Cancelled) return new LoadOutcome(_end.Totals, $"Fell over {clock.When()}: the load generator was told to stop, by a signal from outside of Wobble.");
        return new LoadOutcome(_end.Totals, _end.State == RunState.Completed ? null : _end.Reason ?? $"The load generator ended as {_end.State.Word()}.");
    }

    // True once it has said nothing for too long. False once it has ended: that may be noticed here a moment before the reading itself is seen to have ended.
    private async Task<bool> HangsAsync(Task reading)
    {
        long limit = (long)Deadlines.SilentGenerator(plan.Load).TotalMilliseconds;
        // Once it has told its end there is nothing more to say.
        while (Environment.TickCount64 - Interlocked.Read(ref _lastSaid) < limit && _end is null && !reading.IsCompleted) await Task.WhenAny(reading, Task.Delay(500));
        if (_end is null && !reading.IsCompleted) return true;
        await reading;
        return false;
    }

    private async Task ReadAsync(StackSampler sampler)
    {
        await foreach (string line in generator.Lines.ReadAllAsync())
        {
            Interlocked.Exchange(ref _lastSaid, Environment.TickCount64);
            if (!Fact.TryParse(line, out var fact)) continue;
            switch (fact)
            {
                case PhaseFact phase:
                    clock.Enter(phase.Phase);
                    if (phase.Phase == RunState.Measuring) await sampler.BeginAsync(CancellationToken.None);
                    await facts.AddAsync(phase);
                    break;
                case SampleFact second:
                    await PassOnAsync(second, sampler);
                    break;
                case EndFact end:
                    _end = end;
                    break;
                case EventFact { Second: null } happened:
                    await facts.AddAsync(happened with { Second = clock.Second });
                    break;
                default:
                    await facts.AddAsync(fact!);
                    break;
            }
        }
    }

    private async Task PassOnAsync(SampleFact second, StackSampler sampler)
    {
        var (sample, notices) = await sampler.MergeAsync(second, CancellationToken.None);
        await facts.AddAsync(sample);
        foreach (var notice in notices) await facts.AddAsync(new EventFact(notice.Component, notice.Kind, notice.Text, clock.Second));
        if (second.Stage > 0 && ++_measured == Provocations.After && plan.Definition.Provoke is { } provocation) await stack.ProvokeAsync(provocation);
        Interlocked.Exchange(ref _nextSecond, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

        bool answered = second.Kinds.Any(k => k.Requests > 0);
        _silentSeconds = answered || stack.TargetCrash is null ? 0 : _silentSeconds + 1;
        if (_silentSeconds >= SilentSeconds) _silent.TrySetResult($"{stack.TargetCrash}, and nothing was answered for {SilentSeconds} seconds");
    }
}
