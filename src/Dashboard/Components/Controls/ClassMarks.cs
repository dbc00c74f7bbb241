using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Controls;

/// <summary>The three classes told apart by shape as well as by hue.</summary>
internal static class ClassMarks
{
    /// <summary>Its CSS class and name in the vocabulary: sync, green, async.</summary>
    public static string Word(this TargetClass targetClass) => targetClass switch
    {
        TargetClass.Green => "green",
        TargetClass.Async => "async",
        _ => "sync",
    };

    /// <summary>For a sentence: sync, green-threaded, async.</summary>
    public static string Adjective(this TargetClass targetClass) => targetClass == TargetClass.Green ? "green-threaded" : targetClass.Word();

    /// <summary>Outline around 0,0: circle, diamond or triangle, of about the same area.</summary>
    public static string Path(TargetClass targetClass, double size)
    {
        FormattableString path = targetClass switch
        {
            TargetClass.Green => $"M0 {-1.25 * size:0.##}L{1.25 * size:0.##} 0L0 {1.25 * size:0.##}L{-1.25 * size:0.##} 0Z",
            TargetClass.Async => $"M0 {-1.2 * size:0.##}L{1.2 * size:0.##} {.95 * size:0.##}L{-1.2 * size:0.##} {.95 * size:0.##}Z",
            _ => $"M{-size:0.##} 0a{size:0.##} {size:0.##} 0 1 0 {2 * size:0.##} 0a{size:0.##} {size:0.##} 0 1 0 {-2 * size:0.##} 0Z",
        };
        return path.ToString(CultureInfo.InvariantCulture);
    }
}
