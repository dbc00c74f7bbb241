namespace Wobble.Tests.Support;

/// <summary>The one way in which tests wait for what gives no signal: another process, a database that comes back, a page of somebody else.</summary>
public static class Poll
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until it is so; a <see cref="TimeoutException"/> says what was waited for, and how things stand.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan within, Func<string>? state = null)
    {
        using var limit = new CancellationTokenSource(within);
        using var look = new PeriodicTimer(Look);
        try
        {
            while (!await condition()) await look.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {within.TotalSeconds:0} s in vain for {what}; {state?.Invoke()}");
        }
    }

    /// <summary>The same for what is known at once.</summary>
    public static Task UntilAsync(string what, Func<bool> condition, TimeSpan within, Func<string>? state = null) => UntilAsync(what, () => Task.FromResult(condition()), within, state);
}
