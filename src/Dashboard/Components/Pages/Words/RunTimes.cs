using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Words;

/// <summary>How long runs take, as far as one can know beforehand.</summary>
internal static class RunTimes
{
    /// <summary>Starting the stack, checking its answer, stopping it and looking for what was left behind.</summary>
    public static readonly TimeSpan StartAndStop = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Stop = TimeSpan.FromSeconds(2);

    /// <summary>The measured time; null when it depends on an unknown throughput.</summary>
    /// <param name="definition">What is asked.</param>
    /// <param name="throughput">Requests a second that this target answered before; null: unknown.</param>
    public static TimeSpan? Measured(Definition definition, double? throughput)
    {
        if (definition.Stages is { } text) return LoadStage.TryParse(text, out var stages, out _) ? LoadStage.Length(stages) : null;
        if (definition.Requests is not { } requests) return definition.For ?? Defaults.For;
        double? rate = definition.Rate is { } offered && throughput is { } seen ? Math.Min(offered, seen) : definition.Rate ?? throughput;
        return rate > 0 ? TimeSpan.FromSeconds(Math.Min(requests / rate.Value, DefinitionRules.MaxFor.TotalSeconds)) : null;
    }

    /// <summary>One run, from taking it to its end; null when unknown.</summary>
    public static TimeSpan? Whole(Definition definition, double? throughput) =>
        Measured(definition, throughput) is { } measured ? definition.Warmup + measured + StartAndStop : null;

    /// <summary>What is left of a run; zero when it ended, null when unknown.</summary>
    public static TimeSpan? Left(RunRow run, DateTimeOffset now, double? throughput)
    {
        if (run.State.IsFinal()) return TimeSpan.Zero;
        if (Measured(run.Definition, throughput) is not { } measured) return null;
        var left = run.State switch
        {
            RunState.Warming when run.WarmingAt is { } since => run.Definition.Warmup - (now - since) + measured + Stop,
            RunState.Measuring when run.MeasuringAt is { } since => measured - (now - since) + Stop,
            RunState.Finishing => Stop,
            _ => run.Definition.Warmup + measured + StartAndStop - (run.StartedAt is { } since ? Min(now - since, Stop) : TimeSpan.Zero),
        };
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Time to go of the measurement itself, for a clock beside a live strip; null when it isn't measuring or unknown.</summary>
    public static TimeSpan? MeasurementLeft(RunRow run, DateTimeOffset now, double? throughput) =>
        run is { State: RunState.Measuring, MeasuringAt: { } since } && Measured(run.Definition, throughput) is { } measured
            ? measured - (now - since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero
            : null;

    /// <summary>About: 14 s, 2 min, 1 h 22 min.</summary>
    public static string About(TimeSpan span)
    {
        if (span.TotalSeconds < 100) return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(span.TotalSeconds):0} s");
        double minutes = Math.Ceiling(span.TotalMinutes - .2);
        if (minutes < 60) return string.Create(CultureInfo.InvariantCulture, $"{minutes:0} min");
        return minutes % 60 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{minutes / 60:0} h") : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(minutes / 60):0} h {minutes % 60:0} min");
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
