using System.Globalization;
using System.Net;
using System.Text;
using HdrHistogram;
using Wobble.Dashboard.Api.Downloads;
using Wobble.Dashboard.Tests.Access;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class DownloadTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private static readonly FactsBuilder Mixed = new() { Definition = new Definition { Target = "uwsgi-http/bottle", Workers = 8, Connections = 100, For = TimeSpan.FromSeconds(4), Warmup = TimeSpan.FromSeconds(1), Workload = "mixed" } };

    [Fact]
    public async Task The_log_is_read_back_by_the_HDR_library()
    {
        var run = await host.Runs.RecordAsync(Mixed);

        byte[] bytes = await host.SignedOut().GetByteArrayAsync($"/api/runs/{run.Slug}.hlog");

        using var reader = new HistogramLogReader(new MemoryStream(bytes));
        var histograms = reader.ReadHistograms().ToList();
        Assert.Equal(run.Requests, histograms.Sum(h => h.TotalCount));
        Assert.Equal(["cpu", "row"], histograms.Select(h => h.Tag).Distinct().Order());
        Assert.Equal(8, histograms.Count);
        var all = Histograms.Create();
        foreach (var histogram in histograms) all.Add(histogram);
        Assert.Equal(run.P99!.Value, Percentiles.Ms(all, 99), 3);
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        Assert.StartsWith("#[Histogram log format version 1.3]", lines[1]);
        Assert.Matches(@"^#\[StartTime: \d+\.\d{3} \(seconds since epoch\), ", lines[2]);
        Assert.Equal("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"", lines[4]);
        Assert.Matches(@"^Tag=cpu,0\.000,1\.000,\d+\.\d{3},HISTFA", lines[5]);
    }

    [Theory, InlineData("de-DE"), InlineData("")]
    public async Task The_percentile_text_ends_in_the_run_s_own_figures(string culture)
    {
        var run = await host.Runs.RecordAsync();
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            string text = await host.SignedOut().GetStringAsync($"/api/runs/{run.Slug}.hgrm");

            Assert.Matches(@"^\s+Value\s+Percentile\s+TotalCount\s+1/\(1-Percentile\)", text);
            Assert.Contains($"Total count    = {run.Requests,12}]", text);
            var rows = text.Split('\n').Skip(2).TakeWhile(l => !l.StartsWith('#')).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
            Assert.Equal(run.Max!.Value, double.Parse(rows[^1][0], CultureInfo.InvariantCulture), 1);
            Assert.Equal(rows.Select(r => double.Parse(r[0], CultureInfo.InvariantCulture)).Order(), rows.Select(r => double.Parse(r[0], CultureInfo.InvariantCulture)));
        }
        finally
        {
            CultureInfo.DefaultThreadCurrentCulture = null;
        }
    }

    [Fact]
    public async Task The_table_has_a_row_a_second_and_a_cell_a_column()
    {
        var run = await host.Runs.RecordAsync(Mixed);

        using var answer = await host.SignedOut().GetAsync($"/api/runs/{run.Slug}.csv");

        string text = await answer.Content.ReadAsStringAsync();
        string[][] rows = [.. text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(','))];
        Assert.Equal(5, rows.Length);
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        int requests = Array.IndexOf(rows[0], "requests"), nginx = Array.IndexOf(rows[0], "nginx_cpu_s");
        Assert.Equal(run.Requests, rows.Skip(1).Sum(r => long.Parse(r[requests], CultureInfo.InvariantCulture)));
        Assert.All(rows.Skip(1), r => Assert.True(double.Parse(r[nginx], CultureInfo.InvariantCulture) > 0));
        Assert.Equal("text/csv", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal($"wobble-uwsgi-http-bottle-{run.Slug}.csv", answer.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"x\"", "\"say \"\"x\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"")]
    public void A_cell_is_quoted_and_is_no_formula(string text, string cell) => Assert.Equal(cell, CsvText.Cell(text));

    [Theory, InlineData(-1.5, "-1.5"), InlineData(1e-9, "0"), InlineData(1e20, "100000000000000000000"), InlineData(double.NaN, "")]
    public void A_number_is_plain_whatever_it_is(double number, string cell) => Assert.Equal(cell, CsvText.Cell(number));

    [Fact]
    public async Task The_facts_give_the_same_run_again()
    {
        var built = Mixed with { Events = [new EventFact("nginx", EventKinds.Warning, "Something <odd>.", 2)], ErrorsPerSecond = new Dictionary<string, long> { ["reset"] = 1 } };
        var run = await host.Runs.RecordAsync(built);

        string text = await host.SignedOut().GetStringAsync($"/api/runs/{run.Slug}.facts.jsonl");

        var facts = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Fact.TryParse(line, out var fact) ? fact! : throw new InvalidOperationException(line)).ToList();
        Assert.IsType<PlanFact>(facts[0]);
        Assert.IsType<EndFact>(facts[^1]);
        Assert.Equal(facts.Select(f => f.At).Skip(2).SkipLast(4).Order(), facts.Select(f => f.At).Skip(2).SkipLast(4));
        var before = RunResults.From(RunFacts.Gather(built.Build())!)!;
        var after = RunResults.From(RunFacts.Gather(facts)!)!;
        Assert.Equal(before.LatencyMs, after.LatencyMs);
        Assert.Equal(before.Requests, after.Requests);
        Assert.Equal(before.Errors, after.Errors);
        Assert.Equal(before.Trust.Verdict, after.Trust.Verdict);
        Assert.Equal(built.Build().OfType<EventFact>().Select(e => e.Text).Order(StringComparer.Ordinal), facts.OfType<EventFact>().Select(e => e.Text).Order(StringComparer.Ordinal));
        Assert.Equal([RunState.Preparing, RunState.Warming, RunState.Measuring, RunState.Finishing], facts.OfType<PhaseFact>().Select(p => p.Phase));
        Assert.Equal(Enumerable.Range(1, facts.Count), text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => int.Parse(l[5..l.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_run_that_measured_nothing_has_its_downloads_too()
    {
        var failed = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 0, End = RunState.Failed, Reason = "nginx did not start: <port in use>" });
        var queued = await host.Runs.QueuedAsync();
        using var client = host.SignedOut();

        foreach (string slug in (string[])[failed.Slug, queued.Slug])
            foreach (string ending in (string[])["csv", "hgrm", "hlog", "facts.jsonl", "html"])
                Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/api/runs/{slug}.{ending}")).StatusCode);
        Assert.Contains("nginx did not start: &lt;port in use&gt;", await client.GetStringAsync($"/api/runs/{failed.Slug}.html"));
    }
}
