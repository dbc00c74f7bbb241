using MathNet.Numerics.Distributions;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Coverage;

/// <summary>
/// Thirteen configurations whose runs scatter by 3% (the quickest) to 15% (the slowest), ranked with shared noise and Holm: wrong orders, and true differences that are found.
/// How the first simulation gave out its scatters is not written down, and what is found turns on it: those figures are not marked.
/// </summary>
internal static class Rankings
{
    private static readonly double[] Article = [31, 32, 32, 33, 35, 36, 37, 42, 75, 76, 85, 136, 364];

    public static void Print(int experiments, Beside beside)
    {
        Console.WriteLine("\nthirteen configurations, shared noise and Holm: any false order when all are equal, and with the article's p99s the true differences above 25% and of 10 to 25% that are found");
        int[] sizes = [3, 5, 10];
        double[] wrong = [1.2, 1.2, 1.9], large = [93, 98, 100], small = [4, 21, 63];
        foreach (var (rounds, i) in sizes.Select((n, i) => (n, i)))
        {
            var (anyWrong, _, _) = Of([.. Article.Select(_ => 31.0)], rounds, experiments);
            var (_, foundLarge, foundSmall) = Of(Article, rounds, experiments);
            Console.WriteLine($"  R = {rounds,2}  {beside.Share(anyWrong, wrong[i], isAlarm: true),11}   {foundLarge,5:0} ({large[i]})  {foundSmall,5:0} ({small[i]})");
        }
    }

    private static (double Wrong, double Large, double Small) Of(double[] typical, int rounds, int experiments)
    {
        var counts = new (bool Wrong, int Large, int LargeFound, int Small, int SmallFound)[experiments];
        Parallel.For(0, experiments, i =>
        {
            var random = new Random(2_000 + i);
            double[] sds = [.. typical.Select((_, row) => 0.03 + (0.12 * row / (typical.Length - 1)))];
            double[] effects = [.. Enumerable.Range(0, rounds).Select(_ => Model.RoundEffect(random))];
            var noise = new SharedNoise([.. typical.Select((ms, row) => effects.Select(effect => ms * Math.Exp(effect + Normal.Sample(random, 0, sds[row]))).ToArray())]);
            foreach (var (a, b, adjusted) in Ranking.Holm(typical.Length, noise.P))
            {
                double ratio = Math.Max(typical[a], typical[b]) / Math.Min(typical[a], typical[b]);
                bool told = adjusted < 0.05, right = told && ratio > 1 && noise.Values[a] < noise.Values[b] == typical[a] < typical[b];
                counts[i].Wrong |= told && !right;
                if (ratio > 1.25) (counts[i].Large, counts[i].LargeFound) = (counts[i].Large + 1, counts[i].LargeFound + (right ? 1 : 0));
                else if (ratio >= 1.10) (counts[i].Small, counts[i].SmallFound) = (counts[i].Small + 1, counts[i].SmallFound + (right ? 1 : 0));
            }
        });
        return (100.0 * counts.Count(c => c.Wrong) / experiments, Share(counts.Sum(c => c.LargeFound), counts.Sum(c => c.Large)), Share(counts.Sum(c => c.SmallFound), counts.Sum(c => c.Small)));
    }

    private static double Share(int found, int of) => of == 0 ? 0 : 100.0 * found / of;
}
