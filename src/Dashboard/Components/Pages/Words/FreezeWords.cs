using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.Words;

/// <summary>Frozen seconds in words: the other half of p99.9, which hides them or is made by them.</summary>
internal static class FreezeWords
{
    /// <summary>"froze 2 of 300 s"; null when no second froze, or when that isn't known.</summary>
    public static string? Short(FreezeRate? freezes) => freezes is { Count: > 0 } f ? $"froze {Numbers.Count(f.Count)} of {Numbers.Count(f.Seconds)} s" : null;

    /// <summary>With its rate and interval; null when it isn't known.</summary>
    public static string? Long(FreezeRate? freezes) => freezes switch
    {
        null => null,
        { Count: 0 } none => $"no second of {Numbers.Count(none.Seconds)} answered less than half of what the median second did: fewer than {Numbers.Three(none.High)} a minute, with 95% confidence",
        var f => $"{Numbers.Count(f.Count)} of {Numbers.Count(f.Seconds)} seconds answered less than half of what the median second did: {Numbers.Three(f.PerMinute)} a minute ({Numbers.Three(f.Low)} to {Numbers.Three(f.High)})",
    };
}
