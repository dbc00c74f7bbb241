namespace Wobble.Runner.Hosting;

/// <summary>
/// A child that is there until it is stopped: each death is told and followed by a new start, later each time, until <see cref="RestartPolicy"/> gives up.
/// </summary>
internal sealed class WatchedChild(ChildSpec spec, ChildLog log, LeftBehind leftBehind, Terminal terminal, TimeProvider time) : IDisposable
{
    // No process ends with it.
    private const int Hung = -1;

    private readonly RestartPolicy _policy = new(time);
    private readonly ImportantLines _important = new(time);
    private readonly CancellationTokenSource _stopping = new();
    private Task? _watch;
    private CancellationToken _hurry;

    /// <summary>Its log.</summary>
    public ChildLog Log => log;

    /// <summary>Told after each start but the first.</summary>
    public Action? Restarted { get; init; }

    /// <summary>Starts it and watches it. The task ends when it was stopped, or faults with a <see cref="HostingException"/> when one gave up.</summary>
    public Task Watch() => _watch ??= WatchAsync();

    /// <summary>Stops it in an orderly way, by force after the times of its spec or when <paramref name="hurry"/> fires, and starts it no more.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        _hurry = hurry;
        await _stopping.CancelAsync();
        if (_watch is not null) await _watch.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    public void Dispose()
    {
        log.Dispose();
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        for (bool first = true; !_stopping.IsCancellationRequested; first = false)
        {
            if (spec.Prepare is not null) await spec.Prepare();
            log.Forget();
            using var child = await Child.StartAsync(spec, OnLine);
            int? ended;
            try
            {
                Remember(child);
                if (!first) Restarted?.Invoke();
                ended = await EndOfAsync(child);
            }
            finally
            {
                // Whatever went wrong here, nobody else would end it.
                await child.StopAsync(_hurry);
            }
            if (ended is not { } code) return;
            if (code == spec.FinalExitCode) throw new HostingException($"{spec.Name} can't go on:{Reason()}");
            var delay = _policy.AfterDeath() ?? throw new HostingException($"{spec.Name} ended {RestartPolicy.MostInAMinute} times within a minute ({(code == Hung ? "hanging" : How(code))} at last), so Wobble gives up:{Reason()}");
            terminal.Tell($"{spec.Name} {(code == Hung ? spec.Health!.Timing.Words : How(code))}; starting it again");
            await Task.Delay(delay, _stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    // Only the start after one that was killed needs the note: a full disk is no reason to end all of Wobble.
    private void Remember(Child child)
    {
        if (child.Identity is not { } identity) return;
        try
        {
            leftBehind.Remember(identity);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Tell($"{spec.Name} goes on, but it can't be noted that it is process {identity.Pid}: {e.Message}{FreeSpace.Hint(log.Path)}");
        }
    }

    /// <summary>Its exit code, <see cref="Hung"/>, or null when it was stopped on demand. It is gone then.</summary>
    private async Task<int?> EndOfAsync(Child child)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var hung = spec.Health?.UntilHungAsync(over.Token) ?? Task.Delay(Timeout.Infinite, over.Token);
        var first = await Task.WhenAny(child.Exited, hung);
        bool isHung = hung.IsCompletedSuccessfully;
        await over.CancelAsync();
        await hung.ContinueWith(static _ => { }, TaskScheduler.Default);
        if (first == child.Exited) return await child.Exited;
        if (isHung) terminal.Tell($"{spec.Name} {spec.Health!.Timing.Words}: ending it");
        await child.StopAsync(_hurry);
        return _stopping.IsCancellationRequested ? null : Hung;
    }

    private void OnLine(string line)
    {
        log.Write(line);
        if (_stopping.IsCancellationRequested || !spec.IsImportant(line)) return;
        string? text;
        lock (_important) text = _important.Shorten(line, log.Path);
        if (text is not null) terminal.Tell($"{spec.Name}: {text}");
    }

    private static string How(int code) => code > 128 ? $"was ended by signal {code - 128}" : $"ended with code {code}";

    private string Reason() => string.Concat(log.LastLines.Select(line => "\n  " + (line.Length > 400 ? line[..400] + "…" : line))) + $"\nAll of it: {log.Path}{FreeSpace.Hint(log.Path)}";
}
