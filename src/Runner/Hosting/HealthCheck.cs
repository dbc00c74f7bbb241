namespace Wobble.Runner.Hosting;

/// <summary>
/// How <c>up</c> finds a child that is there but hangs. Misses count only once it has answered, or its first answer is late: whoever is slow to start
/// isn't hung.
/// </summary>
/// <param name="Answers">Asks it; false, an exception, or no answer in time is a miss.</param>
/// <param name="Timing">How often, how long, how many misses in a row.</param>
internal sealed record HealthCheck(Func<CancellationToken, Task<bool>> Answers, HealthTiming Timing)
{
    /// <summary>Completes when the child hangs; never before. Cancelled with <paramref name="stop"/>.</summary>
    public async Task UntilHungAsync(CancellationToken stop)
    {
        long started = Environment.TickCount64;
        bool hasAnswered = false;
        for (int misses = 0; misses < Timing.Misses;)
        {
            await Task.Delay(Timing.Every, stop);
            bool answered = await AskAsync(stop);
            hasAnswered |= answered;
            bool counts = hasAnswered || Environment.TickCount64 - started > Timing.FirstAnswer.TotalMilliseconds;
            misses = answered || !counts ? 0 : misses + 1;
        }
    }

    private async Task<bool> AskAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Timing.Within);
        try
        {
            // Whatever it is made of, it may not hold up the watch: a driver that ignores the token is left behind.
            return await Answers(limit.Token).WaitAsync(Timing.Within, stop);
        }
#pragma warning disable CA1031 // Whatever went wrong, it didn't answer.
        catch (Exception) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}

/// <summary>Every so often it is asked, may take so long, and hangs after so many misses in a row.</summary>
internal sealed record HealthTiming(TimeSpan Every, TimeSpan Within, int Misses)
{
    /// <summary>For all of Wobble's: a hang is found within 3 × (3 s + 5 s) = 24 s, and a busy machine isn't taken for one.</summary>
    public static readonly HealthTiming Usual = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), 3);

    /// <summary>Until then nothing is missed.</summary>
    public TimeSpan FirstAnswer { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>As a sentence says it.</summary>
    public string Words => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"has not answered {Misses} times in a row");
}
