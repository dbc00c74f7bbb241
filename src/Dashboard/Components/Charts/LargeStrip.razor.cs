using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>The wobble strip, large, with its axis: each second thick from p50 to p90 and thin to p99, above a ruler of seconds. Needs no script.</summary>
public sealed partial class LargeStrip
{
    private LargeStripShape shape = LargeStripShape.Of([], LatencyAxis.Usual, 1, 168);

    /// <summary>Measured seconds in order.</summary>
    [Parameter, EditorRequired] public IReadOnlyList<StripSecond> Seconds { get; set; } = [];
    /// <summary>Seconds that each entry stands for.</summary>
    [Parameter] public double Every { get; set; } = 1;
    /// <summary>Seconds of the whole measurement; 0: as many as there are.</summary>
    [Parameter] public double Total { get; set; }
    /// <summary>Gives the hue.</summary>
    [Parameter] public TargetClass Class { get; set; }
    /// <summary>Least and greatest latency of the axis, ms; null: close around the values.</summary>
    [Parameter] public (double From, double To)? Axis { get; set; }
    /// <summary>px</summary>
    [Parameter] public int Height { get; set; } = 168;
    /// <summary>The yellow playhead after the last second.</summary>
    [Parameter] public bool IsLive { get; set; }
    /// <summary>Not counted or not settled: paled.</summary>
    [Parameter] public bool IsPale { get; set; }
    /// <summary>The second it fell over, or null.</summary>
    [Parameter] public double? FellOverAt { get; set; }
    /// <summary>Words beside the ✕.</summary>
    [Parameter] public string? FellOverSays { get; set; }
    /// <summary>Seconds in which all requests failed: a red tick at the top.</summary>
    [Parameter] public IReadOnlyList<double> Failing { get; set; } = [];
    /// <summary>p50, p90, p99 at the last second.</summary>
    [Parameter] public bool Labelled { get; set; } = true;

    private double Done => Seconds.Count == 0 ? 0 : Seconds[^1].Number + Every;
    private double Span => Math.Max(Math.Max(Total, Done), 1);

    private string FailingPath => string.Concat(Failing.Select(s => Px.Path($"M{Px.Of(s * shape.Width / Span)} 1v7")));

    private string Label
    {
        get
        {
            var answered = Seconds.Where(s => s.P99 is not null).ToList();
            string range = answered.Count == 0 ? "none answered yet" : $"p99 between {Numbers.Latency(answered.Min(s => s.P99))} and {Numbers.Latency(answered.Max(s => s.P99))}";
            return $"Latency of each second, from p50 to p99: {Numbers.Many((long)Done, "second")}, {range}{(FellOverAt is { } s ? $"; fell over after {Numbers.Many((long)s, "second")}" : "")}";
        }
    }

    // The plot is about 1,250 px wide on a desk and 330 px on a phone; a tick takes half of its step.
    private string Strokes
    {
        get
        {
            double step = 1_250 / Span * Every, narrow = 330 / Span * Every;
            return $"--thick:{Px.Of(Math.Clamp(step * .5, 1, 6))}px;--thin:{Px.Of(Math.Clamp(step * .25, .7, 2))}px;--thick-n:{Px.Of(Math.Clamp(narrow * .5, .8, 4))}px;--thin-n:{Px.Of(Math.Clamp(narrow * .3, .6, 1.5))}px";
        }
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var axis = Axis is { } given ? new LatencyAxis(given.From, given.To) : LatencyAxis.Close(Seconds.SelectMany(s => (double[])[s.P50 ?? 0, s.P99 ?? 0]));
        shape = LargeStripShape.Of([.. Seconds.Select(s => new StripTick(s.Number, Every, s.P50, s.P90, s.P99))], axis, Span, Height);
    }
}
