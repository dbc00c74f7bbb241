using System.Diagnostics;
using Wobble.Runner.Tests.Load;

namespace Wobble.Bench.Load;

/// <summary>Millions of broken and whole answers for the parser: see <see cref="AnswerFuzzer"/>.</summary>
internal static class Fuzzing
{
    private const int Portion = 500_000;

    public static int Run(string[] arguments)
    {
        int inputs = Spread.Argument(arguments, 0, 10_000_000), seed = Spread.Argument(arguments, 1, 1);
        var corpus = AnswerFuzzer.Corpus(Path.Combine(AppContext.BaseDirectory, "Corpus"));
        var watch = Stopwatch.StartNew();
        var reports = new FuzzReport[Environment.ProcessorCount];
        Parallel.For(0, reports.Length, i =>
        {
            var fuzzer = new AnswerFuzzer(corpus, (ulong)(seed * 1_000) + (ulong)i);
            for (long left = inputs / reports.Length; left > 0; left -= Portion) reports[i] = fuzzer.Run(Math.Min(left, Portion));
        });
        Console.WriteLine($"{reports.Sum(r => r.Inputs):#,0} inputs from a corpus of {corpus.Count}, {reports.Sum(r => r.Bytes):#,0} bytes, in {watch.Elapsed.TotalSeconds:0} s");
        Console.WriteLine($"  whole {reports.Sum(r => r.Done):#,0}, malformed {reports.Sum(r => r.Malformed):#,0}, incomplete {reports.Sum(r => r.Open):#,0}");
        foreach (string finding in reports.SelectMany(r => r.Findings).Take(20)) Console.WriteLine($"  {finding}");
        int findings = reports.Sum(r => r.Findings.Count);
        Console.WriteLine($"  {findings} findings: crashes, hangs, pieces that give another result than the whole, counts that differ from the second reader's");
        return findings == 0 ? 0 : 1;
    }
}
