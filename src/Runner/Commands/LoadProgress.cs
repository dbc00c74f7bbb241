using System.Globalization;
using HdrHistogram;
using Spectre.Console;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Runner.Commands;

/// <summary>Follows a run on stderr: a live table of the last seconds in a terminal, a line a second elsewhere. Warnings stand above it.</summary>
internal sealed class LoadProgress
{
    private readonly TextWriter _plain;
    private readonly LiveSeconds? _live;
    private string _phase = "";
    private string _told = "";

    /// <param name="error">Where lines go.</param>
    /// <param name="isTerminal">True where a person may look on: then it is live, if that terminal can move its cursor.</param>
    public LoadProgress(TextWriter error, bool isTerminal) : this(error, isTerminal ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) }) : null)
    {
    }

    internal LoadProgress(TextWriter error, IAnsiConsole? terminal)
    {
        _plain = error;
        if (terminal is { Profile.Capabilities.Ansi: true }) _live = new LiveSeconds(terminal);
    }

    public void Show(Fact fact)
    {
        switch (fact)
        {
            case PhaseFact moved:
                _phase = moved.Phase.Word();
                Tell(_phase);
                break;
            case ProgressFact progress:
                Tell(Printable.Of(progress.Words()));
                break;
            case SampleFact sample:
                var second = Second.Of(_phase, sample);
                if (_live is not null) _live.Add(second);
                else Line(second.Words());
                break;
            case EventFact { Kind: EventKinds.Warning } warning:
                string text = Printable.Of($"warning: {warning.Text}");
                if (_live is not null) _live.Say(text);
                else Line(text);
                break;
        }
    }

    /// <summary>Leaves the table as it is; what follows begins below it.</summary>
    public void End() => _live?.End();

    private void Tell(string doing)
    {
        if (doing == _told) return;
        _told = doing;
        if (_live is not null) _live.Doing(doing);
        else Line(doing);
    }

    private void Line(string text)
    {
        _plain.WriteLine(text);
        _plain.Flush();
    }
}

/// <summary>What one second has to say.</summary>
internal sealed record Second(string Phase, int Number, double PerSecond, double? P50, double? P90, double? P99, double? Max, long Failed)
{
    public static Second Of(string phase, SampleFact sample)
    {
        var latency = Histograms.Merge(sample.Kinds.Select(k => k.Latency));
        return new Second(phase, sample.Second + 1, latency.TotalCount / sample.Length, Ms(latency, 50), Ms(latency, 90), Ms(latency, 99), Ms(latency, 100), sample.Kinds.Sum(k => k.Errors.Values.Sum()));
    }

    public string Words() => string.Create(CultureInfo.InvariantCulture, $"{Phase} {Number,4} s   {Figures.Text(PerSecond)}/s   p50 {Figures.Text(P50)} ms   p99 {Figures.Text(P99)} ms   max {Figures.Text(Max)} ms{(Failed > 0 ? $"   {Figures.Count(Failed)} failed" : "")}");

    private static double? Ms(HistogramBase latency, double percentile) => Percentiles.Ms(latency, percentile);
}
