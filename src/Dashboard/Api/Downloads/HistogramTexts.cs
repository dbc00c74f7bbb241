using System.Globalization;
using HdrHistogram;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api.Downloads;

/// <summary>Latencies as HDR tools read them.</summary>
internal static class HistogramTexts
{
    private const double NsOfMs = 1e6;
    private const int TicksPerHalf = 5;

    /// <summary>A percentile distribution, values in ms: what HdrHistogram's plotters take.</summary>
    public static string Percentiles(LongHistogram histogram)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var culture = CultureInfo.CurrentCulture;
        try
        {
            // The library formats by the thread's culture, and its readers know only the point.
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            histogram.OutputPercentileDistribution(writer, TicksPerHalf, NsOfMs);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
        return writer.ToString();
    }

    /// <summary>
    /// An interval log (format 1.3): one line for each second and kind of request, tagged with the kind; times since the measurement began, greatest
    /// values in ms, histograms in ns.
    /// </summary>
    public static async Task WriteLogAsync(TextWriter writer, Run run, IReadOnlyDictionary<(int Stage, int Second), double> lengths, IAsyncEnumerable<Sample> samples, CancellationToken cancel)
    {
        var start = run.MeasuringAt ?? run.StartedAt ?? run.CreatedAt;
        string began = Number(start.ToUnixTimeMilliseconds() / 1e3);
        await writer.WriteAsync($"#[Run {run.Slug} of {run.Target}, by Wobble]\n#[Histogram log format version 1.3]\n"
            + $"#[StartTime: {began} (seconds since epoch), {start.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)}]\n"
            + $"#[BaseTime: {began} (seconds since epoch)]\n"
            + "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
        await foreach (var sample in samples.WithCancellation(cancel))
        {
            var histogram = Histograms.Decode(sample.Latency);
            double max = histogram.TotalCount == 0 ? 0 : histogram.GetMaxValue() / NsOfMs;
            // Encoded anew, so that rows of an older format come out as every other.
            string payload = Convert.ToBase64String(Histograms.Encode(histogram));
            await writer.WriteAsync($"Tag={Tag(sample.Kind)},{Number(sample.Second)},{Number(lengths.GetValueOrDefault((sample.Stage, sample.Second), 1))},{Number(max)},{payload}\n");
        }
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    // A tag ends at the first comma or blank.
    private static string Tag(string kind) => new([.. kind.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')]);
}
