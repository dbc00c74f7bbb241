using System.Text.RegularExpressions;
using Wobble.Dashboard.Api.Downloads.Offline;
using Wobble.Dashboard.Tests.Access;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class OfflineFileTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private const string Evil = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\"'><!--";

    [Fact]
    public async Task It_loads_nothing_and_runs_nothing()
    {
        var run = await host.Runs.RecordAsync(new FactsBuilder { Definition = new Definition { Target = "uwsgi-http/bottle", For = TimeSpan.FromSeconds(30), Warmup = TimeSpan.Zero } });

        string file = await host.SignedOut().GetStringAsync($"/api/runs/{run.Slug}.html");

        Assert.DoesNotContain("<script", file, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"<link\b", file);
        Assert.DoesNotMatch(@"\ssrc=", file);
        Assert.DoesNotMatch(@"url\((?!['""]?data:)", file);
        Assert.DoesNotContain("@import", file);
        Assert.Contains("default-src &#x27;none&#x27;", file.Replace("'", "&#x27;", StringComparison.Ordinal));
        Assert.Contains("<svg", file);
        Assert.Contains("Latency by percentile", file);
        Assert.Contains(run.Slug, file);
    }

    [Fact]
    public async Task Text_of_users_and_servers_is_encoded_wherever_it_stands()
    {
        var facts = new FactsBuilder { Logs = [new LogFact("nginx", Evil)], Events = [new EventFact(Evil[..40], EventKinds.Warning, Evil, 1)], Reason = Evil, End = RunState.Failed };
        var run = await host.Runs.RecordAsync(facts, tags: [Evil[..30]], notes: Evil);

        string file = await host.SignedOut().GetStringAsync($"/api/runs/{run.Slug}.html");

        Assert.DoesNotContain("<script", file);
        Assert.DoesNotContain("<img", file);
        Assert.True(Regex.Count(file, "&lt;script&gt;alert\\(1\\)") >= 4);
    }

    [Fact]
    public void A_long_run_is_drawn_by_slices_whose_percentiles_come_from_merged_histograms()
    {
        var fast = Histograms.Create();
        var slow = Histograms.Create();
        for (int i = 0; i < 900; i++) Histograms.Record(fast, 10_000_000);
        for (int i = 0; i < 100; i++) Histograms.Record(slow, 100_000_000);
        fast.Add(slow);

        Assert.Equal(10, Percentiles.Ms(fast, 50), 1);
        Assert.Equal(100, Percentiles.Ms(fast, 99), 0);
        Assert.InRange(OfflineFacts.MostSlices, 100, 1_000);
    }

    [Fact]
    public void Cells_of_the_heat_map_hold_every_column_and_stay_inside()
    {
        var column = Histograms.Create();
        foreach (long ms in (long[])[1, 10, 100, 1_000]) Histograms.Record(column, ms * 1_000_000);

        var heat = HeatShape.Of([column, Histograms.Create(), column]);

        var cells = heat.Shades.SelectMany(s => Regex.Matches(s, @"M(\d+) (\d+)h1v1h-1z")).Select(m => (X: int.Parse(m.Groups[1].Value), Y: int.Parse(m.Groups[2].Value))).ToList();
        Assert.Equal(8, cells.Count);
        Assert.Equal([0, 2], cells.Select(c => c.X).Distinct().Order());
        Assert.All(cells, c => Assert.InRange(c.Y, 0, heat.Rows - 1));
    }

    [Fact]
    public void A_gap_interrupts_a_line_and_labels_do_not_touch()
    {
        var shape = LineShape.FromZero([new Line("a", [(0, 1), (.25, null), (.5, 2), (.75, 3), (1, 3)]), new Line("b", [(0, 3), (1, 3)])], 100);

        Assert.Equal(2, shape.Paths[0].Path.Count(c => c == 'M'));
        Assert.Equal(2, shape.Paths[0].Path.Count(c => c == 'L'));
        Assert.True(Math.Abs(shape.Ends[0].Top - shape.Ends[1].Top) >= 13);
        Assert.Equal(0, shape.Grid[0].Value);
        Assert.True(shape.Grid[^1].Value >= 3);
    }
}
