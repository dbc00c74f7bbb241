using System.Globalization;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>From values to pixels, straight or logarithmic. Values outside the domain are drawn at its edge.</summary>
public readonly record struct Scale(double From, double To, double PxFrom, double PxTo, bool IsLog)
{
    public static Scale Log(double from, double to, double pxFrom, double pxTo) => new(from, to, pxFrom, pxTo, true);

    public static Scale Linear(double from, double to, double pxFrom, double pxTo) => new(from, to, pxFrom, pxTo, false);

    public double At(double value)
    {
        value = Math.Clamp(value, Math.Min(From, To), Math.Max(From, To));
        double share = IsLog ? Math.Log(value / From) / Math.Log(To / From) : (value - From) / (To - From);
        return PxFrom + share * (PxTo - PxFrom);
    }
}

/// <summary>Numbers as SVG wants them: a point for decimals whatever the culture, no needless digits.</summary>
internal static class Px
{
    public static string Of(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    public static string Path(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}
