using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Experiments;

public sealed class CurveTests
{
    [Fact]
    public void A_curve_of_latency_bends_where_it_rises_and_a_straight_one_nowhere()
    {
        (double, double)[] bent = [(200, 10), (400, 10.5), (600, 11), (800, 12), (900, 25), (950, 60), (1_000, 150)];
        (double, double)[] straight = [.. Enumerable.Range(1, 8).Select(i => (100.0 * i, 10 * Math.Exp(i / 4.0)))];

        Assert.Equal((800, 12), Knee.Of(bent));
        Assert.Null(Knee.Of(straight));
        Assert.Null(Knee.Of(bent[..3]));
        Assert.Null(Knee.Of([(1, 10), (2, 10), (3, 10), (4, 10)]));
    }

    [Fact]
    public void Steps_of_a_search_are_typical_runs_of_their_valid_ones()
    {
        var experiment = Making.Compare(["a/x"], new Definition { Target = "" }, new Catalogue(), 1, 1) with { Kind = ExperimentKind.Tune, TuneWorkers = true };
        ExperimentRun Run(int step, int workers, double? throughput) => StoredExperiments.RunOf(new NextRun(0, RunPurpose.Tune, step, 1, new Definition { Target = "a/x", Workers = workers }), throughput is { } t ? (20, t) : null);

        var curve = Assert.Single(TuningCurve.All(experiment, [Run(1, 1, 1_000), Run(2, 2, 1_800), Run(3, 2, 2_000), Run(4, 3, null)]));

        Assert.Equal([1, 2, 3], curve.Steps.Select(s => s.Workers));
        Assert.Equal(Math.Sqrt(1_800 * 2_000.0), curve.Steps[1].Throughput!.Value, 6);
        Assert.Equal((null, null, 1), (curve.Steps[2].Throughput, curve.Steps[2].TargetCores, curve.Steps[2].Runs));
        Assert.Equal(8 / (50_000 / 1_000.0), curve.Steps[0].TargetCores!.Value, 6);
        Assert.Equal(10 / (50_000 / 1_000.0), curve.Steps[0].AllCores!.Value, 6);
    }
}
