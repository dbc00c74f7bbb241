using System.Text;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>
/// The wobble strip of a row: one tick a second from p50 to p99, on whole pixels. A steady server looks like a ruler, a wobbly one like a
/// seismograph. Pure: figures in, path out.
/// </summary>
internal sealed record StripShape(string Ticks, double TickWidth, string Base, double EndsAt)
{
    private const double Foot = 4;

    /// <param name="pairs">p50 and p99 of each second in turn, ms; a second without answers is a pair of NaN or 0 and stays empty.</param>
    /// <param name="axis">The page's.</param>
    /// <param name="width">px</param>
    /// <param name="height">px</param>
    /// <param name="total">Seconds of the whole width; 0: as many as there are.</param>
    public static StripShape Of(IReadOnlyList<double> pairs, LatencyAxis axis, int width, int height, int total = 0)
    {
        int seconds = pairs.Count / 2;
        int n = Math.Max(total, Math.Max(seconds, 1));
        double step = (double)width / n;
        double tick = Math.Clamp(Math.Round(step * .5), 1, 3);
        var y = Scale.Log(axis.From, axis.To, height - Foot, 1);
        var ticks = new StringBuilder();
        for (int i = 0; i < seconds; i++)
        {
            double p50 = pairs[2 * i], p99 = pairs[2 * i + 1];
            if (!(p50 > 0) || !(p99 > 0)) continue;
            double low = Math.Round(y.At(p50)) + 1;
            double high = Math.Max(0, Math.Min(low - 2, Math.Round(y.At(p99))));
            ticks.Append(Px.Path($"M{Px.Of(Math.Round(i * step) + tick / 2)} {Px.Of(low)}V{Px.Of(high)}"));
        }
        return new StripShape(ticks.ToString(), tick, Ruler(width, height, n, step), Math.Min(width - 1, seconds * step));
    }

    private static string Ruler(int width, int height, int n, double step)
    {
        var ruler = new StringBuilder(Px.Path($"M0 {Px.Of(height - .5)}H{width}"));
        int every = n > 300 ? 60 : 10;
        for (int i = 0; i <= n; i += every) ruler.Append(Px.Path($"M{Px.Of(Math.Min(width - .5, i * step + .5))} {height}v-3"));
        return ruler.ToString();
    }
}
