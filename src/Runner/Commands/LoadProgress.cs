using System.Globalization;
using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Runner.Commands;

/// <summary>One line on stderr that follows the load: rewritten each second in a terminal, a line a second elsewhere.</summary>
internal sealed class LoadProgress(TextWriter error, bool isTerminal)
{
    private const int LongestLine = 118;
    private string phase = "preparing";
    private bool hasLine;

    public void Show(Fact fact)
    {
        switch (fact)
        {
            case PhaseFact moved:
                phase = moved.Phase.Word();
                break;
            case SampleFact sample:
                Write(Line(sample));
                break;
            case EventFact { Kind: EventKinds.Warning } warning:
                End();
                error.WriteLine($"warning: {warning.Text}");
                break;
        }
    }

    /// <summary>Leaves the line as it is; what follows begins a new one.</summary>
    public void End()
    {
        if (hasLine && isTerminal) error.WriteLine();
        hasLine = false;
    }

    private string Line(SampleFact sample)
    {
        var latency = Histograms.Merge(sample.Kinds.Select(k => k.Latency));
        long failed = sample.Kinds.Sum(k => k.Errors.Values.Sum());
        double perSecond = latency.TotalCount / sample.Length;
        string At(double percentile) => Figures.Text(Percentiles.Ms(latency, percentile));
        return string.Create(CultureInfo.InvariantCulture, $"{phase} {sample.Second + 1,4} s   {Figures.Text(perSecond)}/s   p50 {At(50)} ms   p99 {At(99)} ms   max {At(100)} ms{(failed > 0 ? $"   {Figures.Count(failed)} failed" : "")}");
    }

    private void Write(string line)
    {
        if (isTerminal) error.Write("\r" + line.PadRight(LongestLine)); else error.WriteLine(line);
        error.Flush();
        hasLine = true;
    }
}
