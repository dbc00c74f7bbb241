using HdrHistogram;
using Wobble.Dashboard.Live;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Tests.Live;

/// <summary>Seconds of a run, made through the same code that reads them.</summary>
internal static class Points
{
    /// <summary>A second of 500 answers around 20 ms.</summary>
    public static RunPoint Of(int second, double length = 1, int stage = 1, double medianMs = 20, int requests = 500)
    {
        var recorded = Recorded(second, length, stage, medianMs, requests);
        return RunPoint.Of([recorded], Histograms.Decode(recorded.Latencies[0]));
    }

    /// <summary>A second in which nothing was answered.</summary>
    public static RunPoint Failing(int second, long failed = 100)
    {
        var recorded = Recorded(second, 1, 1, 20, 0, failed);
        return RunPoint.Of([recorded], Histograms.Decode(recorded.Latencies[0]));
    }

    /// <summary>A second as the database gives it.</summary>
    public static RecordedSecond Recorded(int second, double length = 1, int stage = 1, double medianMs = 20, int requests = 500, long failed = 0)
    {
        var histogram = Histograms.Create();
        for (int i = 0; i < requests; i++) histogram.RecordValue((long)(medianMs * 1e6 * (.8 + .4 * i / Math.Max(1, requests - 1))));
        double? At(double p) => requests == 0 ? null : Percentiles.Ms(histogram, p);
        var watched = new Watched(
            new GeneratorSample { Busy = .2, CpuSeconds = .1 },
            [new ComponentSample
            {
                Name = "uwsgi-http", CpuSeconds = .8, RssMb = 40 + second, OpenFiles = 30, RunQueueMs = 12, InvoluntarySwitches = 3,
                Processes = [new ProcessSample(1, "master", .01, 0, 0), new ProcessSample(2, "worker", .5, 8, 2), new ProcessSample(3, "worker", .29, 4, 1)],
            }],
            new PoolerSample(20, 5 + second, 20, 0, 1.5), new HostSample(1.9, .001, .05));
        var row = new Second
        {
            RunId = Guid.Empty, Stage = stage, Number = second, Length = length, Requests = requests, Errors = failed > 0 ? new Dictionary<string, long> { ["timeout"] = failed } : new Dictionary<string, long>(),
            P50 = At(50), P90 = At(90), P99 = At(99), P999 = At(99.9), Max = At(100), Watched = watched,
        };
        return new RecordedSecond(row, [Histograms.Encode(histogram)]);
    }
}
