using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>One part of the bar of a run's way.</summary>
/// <param name="Word">What it is called.</param>
/// <param name="Seconds">How long it takes, about: its share of the bar.</param>
/// <param name="Done">0–1.</param>
public sealed record RunPhase(string Word, double Seconds, double Done);

/// <summary>Where a run that goes on stands, and how long it still takes. Pure.</summary>
/// <param name="Tag">Time to go, or the state.</param>
/// <param name="Says">What happens now.</param>
/// <param name="Beside">What waits, or null.</param>
/// <param name="Phases">The bar; empty while it is queued.</param>
/// <param name="Left">Time to go of the measurement; null when unknown.</param>
public sealed record RunPhases(string Tag, string Says, string? Beside, IReadOnlyList<RunPhase> Phases, TimeSpan? Left)
{
    private const double Preparing = 3;
    private const double Finishing = 2;

    public static RunPhases Of(RunPicture picture, DateTimeOffset now)
    {
        var run = picture.Run;
        double warmup = picture.Definition.Warmup.TotalSeconds;
        double warmed = run.State == RunState.Warming && run.WarmingAt is { } warming ? Math.Min((now - warming).TotalSeconds, warmup) : 0;
        double measured = picture.Seconds;
        double planned = picture.Planned ?? EstimateOf(picture);
        double left = planned - (run.State == RunState.Measuring && run.MeasuringAt is { } began ? Math.Min(planned, Math.Max(measured, (now - began).TotalSeconds)) : 0);
        TimeSpan? toGo = run.State is RunState.Measuring && planned > 0 ? TimeSpan.FromSeconds(Math.Ceiling(Math.Max(0, left))) : null;
        string says = run.CancelRequestedAt is not null ? "Cancelling: the load stops, then the stack." : SaysOf(picture, warmed, planned);
        string tag = toGo is { } time ? $"{Numbers.Clock(time)} left" : run.State.Word();
        return new RunPhases(tag, says, BesideOf(picture), run.State == RunState.Queued ? [] : Bar(run.State, warmup, warmed, planned, measured), toGo);
    }

    private static string SaysOf(RunPicture picture, double warmed, double planned)
    {
        var run = picture.Run;
        return run.State switch
        {
            RunState.Queued when run.WantedRunner is { } wanted => $"It waits for the runner {wanted}{(picture.Header.Ahead > 0 ? $", behind {Numbers.Many(picture.Header.Ahead, "run")}" : "")}. This page may be closed.",
            RunState.Queued when picture.Header.Ahead == 0 => "Next in line: it starts as soon as a runner is free.",
            RunState.Queued => $"Place {Numbers.Count(picture.Header.Ahead + 1)}: {Numbers.Many(picture.Header.Ahead, "run")} before it. This page may be closed.",
            RunState.Preparing => run.Progress is { } progress ? progress + "." : "Starting the stack, then one answer is checked against the database.",
            RunState.Warming => $"Warming up, second {Numbers.Count((long)Math.Floor(warmed) + 1)} of {Numbers.Seconds(picture.Definition.Warmup.TotalSeconds)}: load that isn’t counted.",
            RunState.Measuring => picture.Planned is not null
                ? $"Second {Numbers.Count((long)Math.Min(planned, Math.Floor(picture.Seconds)))} of {Numbers.Count((long)planned)}. This page may be closed; the run goes on."
                : $"{Numbers.Count(picture.Requests)} of {Numbers.Count(picture.Definition.Requests)} requests. This page may be closed; the run goes on.",
            RunState.Finishing => "Measured. Each component is stopped, then Wobble looks for what was left behind.",
            _ => "",
        };
    }

    private static string? BesideOf(RunPicture picture) => picture is { State: not RunState.Queued, Header.Ahead: > 0 }
        ? $"{Numbers.Many(picture.Header.Ahead, "run")} {(picture.Header.Ahead == 1 ? "waits" : "wait")} behind it"
        : null;

    private static List<RunPhase> Bar(RunState state, double warmup, double warmed, double planned, double measured)
    {
        double Done(RunState phase, double share) => state > phase ? 1 : state == phase ? share : 0;
        var bar = new List<RunPhase> { new("preparing", Preparing, Done(RunState.Preparing, .5)) };
        if (warmup > 0) bar.Add(new("warm-up", warmup, Done(RunState.Warming, warmed / warmup)));
        bar.Add(new("measuring", Math.Max(planned, 1), Done(RunState.Measuring, planned > 0 ? Math.Min(1, measured / planned) : .5)));
        bar.Add(new("finishing", Finishing, Done(RunState.Finishing, .5)));
        return bar;
    }

    // A number of requests takes as long as the rate so far says.
    private static double EstimateOf(RunPicture picture) =>
        picture is { Definition.Requests: { } wanted, Throughput: > 0 and { } rate } ? wanted / rate : RunTimes.Measured(picture.Definition, null)?.TotalSeconds ?? 0;
}
