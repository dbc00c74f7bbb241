using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>Numbers as Wobble writes them everywhere: three significant digits, a comma for thousands, never an exponent; the same in every culture.</summary>
public static class Figures
{
    /// <summary>Three significant digits; whole numbers from 1,000 on keep all their digits.</summary>
    public static string Text(double value)
    {
        if (!double.IsFinite(value)) return "–";
        double size = Math.Abs(value);
        if (size >= 999.5) return value.ToString("#,0", CultureInfo.InvariantCulture);
        int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 || size == 0 ? 2 : size >= 0.0995 ? 3 : 4;
        string text = value.ToString("F" + decimals, CultureInfo.InvariantCulture);
        return size == 0 ? "0" : text;
    }

    /// <summary>As <see cref="Text(double)"/>, or an en dash for what can't be shown.</summary>
    public static string Text(double? value) => value is { } v ? Text(v) : "–";

    /// <summary>A count with thousands.</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>1 answer, 2 answers.</summary>
    public static string Many(long count, string one) => $"{Count(count)} {one}{(count == 1 ? "" : "s")}";

    /// <summary>A share as percent: 0.0123 is "1.2%"; small shares keep two significant digits.</summary>
    public static string Percent(double share)
    {
        double percent = share * 100;
        string format = Math.Abs(percent) switch { 0 => "0", >= 9.95 => "0", >= 0.095 => "0.0", _ => "0.00#" };
        return percent.ToString(format, CultureInfo.InvariantCulture) + "%";
    }
}
