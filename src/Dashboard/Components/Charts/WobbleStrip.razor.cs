using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>A run in 120 × 28 pixels: one tick a second from p50 to p99. Drawn by Razor, so that it needs no script.</summary>
public sealed partial class WobbleStrip
{
    private StripShape shape = new("", 1, "", 0);

    /// <summary>p50 and p99 of each second in turn, ms (<see cref="Results.Storage.Run.Strip"/>).</summary>
    [Parameter, EditorRequired] public IReadOnlyList<double>? Pairs { get; set; }
    /// <summary>Gives the hue.</summary>
    [Parameter] public TargetClass Class { get; set; }
    /// <summary>Least and greatest latency of the axis, ms, one for all strips of a page; null: the usual one.</summary>
    [Parameter] public (double From, double To)? Axis { get; set; }
    /// <summary>px</summary>
    [Parameter] public int Width { get; set; } = 120;
    /// <summary>px</summary>
    [Parameter] public int Height { get; set; } = 28;
    /// <summary>Seconds of the whole width; 0: as many as there are.</summary>
    [Parameter] public int Total { get; set; }
    /// <summary>The yellow playhead at its end.</summary>
    [Parameter] public bool IsLive { get; set; }
    /// <summary>A red ✕ at its end.</summary>
    [Parameter] public bool FellOver { get; set; }

    private int Seconds => (Pairs?.Count ?? 0) / 2;
    private string Label => $"p50 to p99 of each second, {(FellOver ? "fell over after " : null)}{Numbers.Many(Seconds, "second")}";
    private string Cross => Px.Path($"M{Px.Of(Math.Min(shape.EndsAt + 4, Width - 8))} {Height / 2 - 5}l8 8m0 -8l-8 8");

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var axis = Axis is { } given ? new LatencyAxis(given.From, given.To) : LatencyAxis.Usual;
        int total = FellOver && Total == 0 ? Math.Max(Seconds + 1, Seconds * 10 / 8) : Total;
        shape = StripShape.Of(Pairs ?? [], axis, Width, Height, total);
    }
}
