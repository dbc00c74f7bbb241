using System.Globalization;
using Spectre.Console;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Statistics;

namespace Wobble.Runner.Experiments;

/// <summary>A report as a person reads it in a terminal.</summary>
internal static class ExperimentTable
{
    private const int WidthOfFiles = 220;

    public static void Write(ExperimentDefinition experiment, Report report, IReadOnlyList<(Claim Claim, ClaimVerdict Verdict)> claims, TextWriter output, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal) console.Profile.Width = WidthOfFiles;
        void Say(string line) => output.WriteLine(Commands.Printable.Of(line));

        Say(experiment.Question);
        foreach (var search in report.Searches)
        {
            console.Write(StepsOf(search));
            if (search.Knee is { } knee) Say($"{search.Name}: the knee is at about {Figures.Text(knee.Rate)}/s, p99 {Figures.Text(knee.P99Ms)} ms");
        }
        if (experiment.Kind is not ExperimentKind.Capacity && report.Rows.Any(r => r.Runs > 0 || r.Reason is not null)) console.Write(RowsOf(report));
        foreach (var row in report.Rows.Where(r => r is { Runs: 0, Reason: not null })) Say($"{row.Name}: no runs: {row.Reason}");
        Say(report.Sentence);
        if (experiment.Kind is not (ExperimentKind.Capacity or ExperimentKind.Claim))
            foreach (var ratio in report.Ratios.Where(r => r.Metric == report.Headline || r.Metric == Metric.Throughput.Word())) Say($"  {ratio.Metric}: {Named(ratio)}{(ratio.P is { } p ? string.Create(CultureInfo.InvariantCulture, $" (p {p:0.000})") : "")}");
        foreach (var (claim, verdict) in claims) WriteVerdict(claim, verdict, Say);
        foreach (string note in report.Notes) Say($"note: {note}");
    }

    // A sentence that can't tell doesn't always name what it is about.
    private static string Named(ReportRatio ratio) => ratio.Sentence.Contains(ratio.A, StringComparison.Ordinal) ? ratio.Sentence : $"{ratio.A}: {ratio.Sentence}";

    private static void WriteVerdict(Claim claim, ClaimVerdict verdict, Action<string> say)
    {
        say("");
        say($"{claim.Title}: {claim.Words}");
        say($"  {verdict.Words.ToUpperInvariant()}. {verdict.Sentence}");
        foreach (var finding in verdict.Findings) say($"  {(finding.Decides ? "decides" : "beside ")}  {finding.Metric}: {finding.Sentence}");
        foreach (string line in verdict.Beside) say($"  watched  {line}");
        say($"  rule: {claim.Rule}");
    }

    private static Table RowsOf(Report report)
    {
        bool hasRanks = report.Rows.Any(r => r.RankLow is not null), hasPublished = report.Rows.Any(r => r.Published is not null);
        var table = new Table { Border = TableBorder.Simple };
        if (hasRanks) table.AddColumn("rank");
        table.AddColumn("configuration").AddColumn("class");
        foreach (string title in (string[])["workers", "runs", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "per second", "wobble"]) table.AddColumn(new TableColumn(title).RightAligned());
        if (hasRanks) table.AddColumn("groups");
        if (hasPublished) table.AddColumn(new TableColumn("published p99, /s").RightAligned());
        foreach (var row in report.Rows)
        {
            var cells = new List<string>();
            if (hasRanks) cells.Add(row.RankLow is { } low ? low == row.RankHigh ? $"{low}" : $"{low}–{row.RankHigh}" : "–");
            cells.AddRange([row.Name, row.Class.ToString().ToLowerInvariant(), row.Workers?.ToString(CultureInfo.InvariantCulture) ?? "–", row.Discarded == 0 ? $"{row.Runs}" : $"{row.Runs} (+{row.Discarded})"]);
            cells.AddRange([Of(row.P50), Of(row.P90), Of(row.P99), Range(row.P999), Of(row.Throughput), Of(row.Wobble)]);
            if (hasRanks) cells.Add(row.Letters ?? "–");
            if (hasPublished) cells.Add(row.Published is { } p ? $"{Figures.Text(p.P99Ms)}, {Figures.Text(p.Throughput)}" : "–");
            table.AddRow([.. cells.Select(c => new Text(c))]);
        }
        return table;
    }

    private static Table StepsOf(ReportSearch search)
    {
        bool isTuning = search.Kind == "tune";
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle(Markup.Escape(search.Name)) };
        foreach (string title in (string[])[isTuning ? "workers" : "offered/s", "per second", "p99 ms", "cores busy", ""]) table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var step in search.Steps)
            table.AddRow((string[])[isTuning ? $"{step.Workers}" : Figures.Text(step.Rate), Figures.Text(step.Throughput), Figures.Text(step.P99), Figures.Text(step.CoresBusy), step.Counted ? "" : isTuning ? "failed" : "overloaded"]);
        return table;
    }

    private static string Of(ReportFigure? figure) => figure switch
    {
        null => "–",
        { Low: { } low, High: { } high } => $"{Figures.Text(figure.Value)} ({Figures.Text(low)}–{Figures.Text(high)})",
        { Each.Count: 2 } => string.Join(", ", figure.Each.Select(v => Figures.Text(v))),
        _ => Figures.Text(figure.Value),
    };

    // Of p99.9 median and range: freezes make it two-humped, so it has no interval.
    private static string Range(ReportFigure? figure) => figure is null ? "–" : figure.Each.Count == 1 ? Figures.Text(figure.Value) : $"{Figures.Text(figure.Value)} ({Figures.Text(figure.Each.Min())}…{Figures.Text(figure.Each.Max())})";
}
