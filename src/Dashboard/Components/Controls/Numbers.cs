using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Controls;

/// <summary>How numbers are written everywhere: three significant digits for what was measured, commas at thousands, an en dash for what is absent.</summary>
internal static class Numbers
{
    public const string None = "–";

    /// <summary>Three significant digits: 0.052, 4.71, 81.9, 134, 4,446.</summary>
    public static string Three(double? value) => value is { } v ? Minus(Figures.Text(v)) : None;

    /// <summary>A count with commas.</summary>
    public static string Count(long? value) => value is { } v ? Minus(Figures.Count(v)) : None;

    /// <summary>0.71 → 71%, 0.019 → 1.9%.</summary>
    public static string Percent(double? share) => share is { } s && double.IsFinite(s) ? Minus(Figures.Percent(s)) : None;

    /// <summary>A tick of an axis, no digit more than it needs: 0.5, 20, 1,000.</summary>
    public static string Tick(double value) => Minus(value.ToString("#,0.####", CultureInfo.InvariantCulture));

    /// <summary>A latency with its unit: 0.82 ms, 81.9 ms, 12.4 s from ten seconds on.</summary>
    public static string Latency(double? ms) => ms is { } v ? v >= 10_000 ? Three(v / 1000) + " s" : Three(v) + " ms" : None;

    /// <summary>A length of time in seconds, whole ones without decimals: 60, 2.50.</summary>
    public static string Seconds(double seconds) => Math.Abs(seconds - Math.Round(seconds)) < .005 ? Count((long)Math.Round(seconds)) : Three(seconds);

    /// <summary>Megabytes: 96 MB, 1.36 GB.</summary>
    public static string Megabytes(double? mb) => mb is { } v ? v >= 1024 ? Three(v / 1024) + " GB" : Three(v) + " MB" : None;

    /// <summary>A span as a person says it: 0:23, 1:05:00.</summary>
    public static string Clock(TimeSpan span)
    {
        if (span < TimeSpan.Zero) span = TimeSpan.Zero;
        return span.ToString(span.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>Seconds since the measurement began: 34.1 s, −10.0 s.</summary>
    public static string Second(double? second) => second is { } s ? Minus(s.ToString("0.0", CultureInfo.InvariantCulture)) + " s" : "";

    /// <summary>1 worker, 8 workers.</summary>
    public static string Many(long count, string one, string? many = null) => $"{Count(count)} {(count == 1 ? one : many ?? one + "s")}";

    /// <summary>1 run, 12 runs, more than 1,000 runs.</summary>
    public static string Bounded(BoundedCount count, string one) => count.IsMore ? $"more than {Many(count.Value, one)}" : Many(count.Value, one);

    private static string Minus(string text) => text.Replace('-', '−');
}
