using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>A curve of a <see cref="CurvePlot"/>.</summary>
/// <param name="Label">At its end; empty: none.</param>
/// <param name="Class">Gives hue and mark.</param>
/// <param name="Line">Points that are joined, in order.</param>
/// <param name="Marks">Points that are marked; those that are crossed stand for what didn't work.</param>
public sealed record CurveLine(string Label, TargetClass Class, IReadOnlyList<(double X, double Y)> Line, IReadOnlyList<(double X, double Y, bool IsCrossed)> Marks)
{
    /// <summary>An interval around it, drawn pale.</summary>
    public IReadOnlyList<(double X, double Low, double High)> Band { get; init; } = [];
}

/// <summary>An axis of a <see cref="CurvePlot"/>: its scale in per cent, and its ticks.</summary>
public sealed record CurveAxis(Scale Scale, IReadOnlyList<double> Ticks, string Unit)
{
    /// <summary>How a tick is written.</summary>
    public Func<double, string> Words { get; init; } = Controls.Numbers.Tick;

    /// <summary>From zero to a round number above the values.</summary>
    public static CurveAxis FromZero(IEnumerable<double> values, string unit, bool isDown)
    {
        ArgumentNullException.ThrowIfNull(values);
        double top = values.Where(double.IsFinite).DefaultIfEmpty(0).Max();
        if (top <= 0) top = 1;
        double step = Math.Pow(10, Math.Floor(Math.Log10(top)));
        step = top / step >= 5 ? step * 2 : top / step >= 2 ? step : step / 2;
        double end = Math.Ceiling(top * 1.02 / step) * step;
        return new CurveAxis(isDown ? Scale.Linear(0, end, 100, 0) : Scale.Linear(0, end, 0, 100), [.. Enumerable.Range(0, (int)Math.Round(end / step) + 1).Select(i => i * step)], unit);
    }

    /// <summary>Logarithmic, downwards.</summary>
    public static CurveAxis Latency(IEnumerable<double> values)
    {
        var axis = LatencyAxis.Close(values);
        return new CurveAxis(Scale.Log(axis.From, axis.To, 100, 0), axis.Ticks(6), "ms");
    }

    /// <summary>Logarithmic, across, with a tick for each of <paramref name="steps"/> that has room.</summary>
    public static CurveAxis Steps(IReadOnlyList<double> steps, string unit)
    {
        ArgumentNullException.ThrowIfNull(steps);
        double from = steps.DefaultIfEmpty(1).Min(), to = Math.Max(from * 2, steps.DefaultIfEmpty(2).Max());
        var scale = Scale.Log(from, to, 2, 98);
        var ticks = new List<double>();
        foreach (double step in steps.Order())
            if (ticks.Count == 0 || scale.At(step) - scale.At(ticks[^1]) > 7) ticks.Add(step);
        return new CurveAxis(scale, ticks, unit);
    }
}
