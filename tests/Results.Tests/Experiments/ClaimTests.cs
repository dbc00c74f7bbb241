using System.Text;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Statistics;
using static Wobble.Results.Tests.Experiments.Made;

namespace Wobble.Results.Tests.Experiments;

public sealed class ClaimTests
{
    private static readonly Catalogue Here = CatalogueOf(("uwsgi-http/bottle", TargetClass.Sync), ("uwsgi-http/falcon", TargetClass.Sync), ("uwsgi-http/flask", TargetClass.Sync), ("gunicorn/flask", TargetClass.Sync),
        ("gunicorn-gevent/flask", TargetClass.Green), ("gunicorn-meinheld/flask", TargetClass.Green), ("uvicorn/starlette", TargetClass.Async), ("aiohttp/aiohttp", TargetClass.Async), ("daphne/starlette", TargetClass.Async));

    private static Catalogue CatalogueOf(params (string Name, TargetClass Class)[] targets) => new()
    {
        Cores = 2,
        Targets = [.. targets.Select(t => new CatalogueTarget
        {
            Name = t.Name, Server = t.Name.Split('/')[0], App = t.Name.Split('/')[1], Interface = "wsgi", Class = t.Class,
            Options =
            [
                Choice("driver", t.Class == TargetClass.Async ? ["aiopg", "asyncpg", "psycopg"] : ["psycopg2", "psycopg"]), new TargetOption("pool", t.Class == TargetClass.Async ? "10" : "4", [], 1, 100, ""), Choice("proxy_keepalive", ["off", "on"]),
                .. t.Class == TargetClass.Async ? new[] { Choice("loop", ["uvloop", "asyncio"]), Choice("http", ["httptools", "h11"]), Choice("http_parser", ["c", "python"]) } : [],
                .. t.Class == TargetClass.Green ? new[] { Choice("wait_callback", ["off", "on"]) } : [],
            ],
        })],
        Article = [.. targets.Select((t, i) => new ArticleRow(t.Name, 16, 18, 30 + i, 5_000))],
    };

    private static TargetOption Choice(string name, string[] values) => new(name, values[0], values, null, null, "");

    private static ClaimVerdict Judge(string id, Func<ExperimentRow, int, double> p99, Func<ExperimentRow, double>? throughput = null, Func<NextRun, bool>? invalid = null, int rounds = 5)
    {
        var claim = ClaimList.Find(id)!;
        var experiment = claim.Make(Here, rounds, TimeSpan.FromSeconds(10), 3);
        // The same for all rows of a round, and a little of its own for each: as honest runs scatter.
        double Scatter(NextRun next) => 1 + (0.02 * next.Round) + (0.005 * ((next.Row + next.Round) % 3));
        var runs = Play(experiment, play: next => Run(next, p99(experiment.Rows[next.Row], next.Round) * Scatter(next), (throughput?.Invoke(experiment.Rows[next.Row]) ?? 5_000) * Scatter(next), invalid: invalid?.Invoke(next) ?? false));
        return claim.Judge(experiment, runs);
    }

    private static double ByClass(ExperimentRow row, double sync, double async) => row.Class == TargetClass.Async ? async : sync;

    [Fact]
    public void Nine_claims_and_nine_objections_are_found_by_number_or_letter()
    {
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G", "H", "I"], ClaimList.All.Select(c => c.Id));
        Assert.Same(ClaimList.Find("A"), ClaimList.Find("a"));
        Assert.Equal("Objection A", ClaimList.Find("a")!.Title);
        Assert.Null(ClaimList.Find("10"));
        Assert.Null(ClaimList.Find(null));
    }

    public static TheoryData<string> Ids => [.. ClaimList.All.Select(c => c.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void Each_makes_an_experiment_that_is_allowed_and_ends(string id)
    {
        var experiment = ClaimList.Find(id)!.Make(Here, 3, TimeSpan.FromSeconds(8), 5);

        Assert.Empty(ExperimentRules.Check(experiment, Here));
        Assert.All(experiment.Rows, r => Assert.Null(r.Unavailable));
        Assert.All(experiment.Rows, r => Assert.Equal(TimeSpan.FromSeconds(8), r.Definition.For));
        var runs = Play(experiment);
        // A search for workers has no length that is known beforehand.
        Assert.Equal(experiment.Rows.Where(r => r.TuneWorkers).Sum(_ => -17) + Schedule.RunsExpected(experiment), runs.Count(r => r.Purpose != RunPurpose.Tune));
        Assert.NotEmpty(ClaimList.Find(id)!.Judge(experiment, runs).Sentence);
    }

    [Theory, MemberData(nameof(Ids))]
    public void Each_says_that_it_cannot_tell_where_nothing_can_run(string id)
    {
        var experiment = ClaimList.Find(id)!.Make(new Catalogue { Cores = 2 }, 3, TimeSpan.FromSeconds(8), 5);

        var verdict = ClaimList.Find(id)!.Judge(experiment, Play(experiment));

        Assert.Equal(ClaimAnswer.CantTell, verdict.Answer);
        Assert.NotEmpty(verdict.Sentence);
    }

    [Theory, MemberData(nameof(Ids))]
    public void Each_rule_stands_in_the_document_on_measuring(string id)
    {
        var claim = ClaimList.Find(id)!;
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Dashboard.sln"))) folder = Path.GetDirectoryName(folder)!;

        Assert.Contains($"| {claim.Id} | {claim.Words} | {claim.Rule} |", File.ReadAllText(Path.Combine(folder, "docs", "measuring.md"), Encoding.UTF8), StringComparison.Ordinal);
    }

    [Fact]
    public void An_async_worker_has_the_articles_connections_and_the_pooler_enough_for_all()
    {
        var rows = ClaimList.Find("6")!.Rows(Here);

        var few = rows.Single(r => r.Name == "uvicorn/starlette, 1 per CPU").Definition;
        var best = rows.Single(r => r.Name == "uvicorn/starlette, its best");
        Assert.Equal(("10", "session:20", 2), (few.Options["pool"], few.Pooler, few.Workers));
        Assert.Equal(("10", "session:80", null, true), (best.Definition.Options["pool"], best.Definition.Pooler, best.Definition.Workers, best.TuneWorkers));
        Assert.DoesNotContain("pool", rows[0].Definition.Options.Keys);
    }

    [Fact]
    public void Sync_first_and_async_last_is_claim_1()
    {
        Assert.Equal(ClaimAnswer.Holds, Judge("1", (row, _) => row.Class == TargetClass.Green ? 1 : ByClass(row, 30, 90)).Answer);
        Assert.Equal(ClaimAnswer.Doesnt, Judge("1", (row, _) => ByClass(row, 90, 30)).Answer);
        // One async row among the first: some sync row may be first, and not every first one is.
        Assert.Equal(ClaimAnswer.CantTell, Judge("1", (row, _) => row.Name == "uvicorn/starlette" ? 30 : ByClass(row, 30, 90)).Answer);
    }

    [Fact]
    public void A_little_slower_and_much_more_varied_is_claim_2()
    {
        // Made runs have the wobble 2, whatever their class: not 1.5 times.
        Assert.Equal(ClaimAnswer.Doesnt, Judge("2", (row, _) => ByClass(row, 30, 90), row => ByClass(row, 5_000, 4_000)).Answer);
    }

    [Fact]
    public void Claim_4_holds_only_where_it_holds_for_both_targets()
    {
        double Loop(ExperimentRow row, double gainOfAiohttp) => row.Name.EndsWith("uvloop", StringComparison.Ordinal) ? row.Name.StartsWith("aiohttp", StringComparison.Ordinal) ? 4_000 * gainOfAiohttp : 4_800 : 4_000;

        var holds = Judge("4", (_, _) => 30, row => Loop(row, 1.3));
        Assert.Equal(ClaimAnswer.Holds, holds.Answer);
        Assert.Contains("throughput is 1", holds.Sentence, StringComparison.Ordinal);
        Assert.Equal(4, holds.Findings.Count);
        Assert.Equal(ClaimAnswer.Doesnt, Judge("4", (_, _) => 30, row => Loop(row, 1)).Answer);
        // Two rounds have no interval.
        Assert.Equal(ClaimAnswer.CantTell, Judge("4", (_, _) => 30, row => Loop(row, 1.3), rounds: 2).Answer);
    }

    [Fact]
    public void A_more_varied_workload_is_set_against_row_alone()
    {
        double P99(ExperimentRow row, double more) => row.Class == TargetClass.Async ? row.Definition.Workload == "row" ? 60 : 60 * more : 30;

        var worse = Judge("8", (row, _) => P99(row, 1.5));
        Assert.Equal(ClaimAnswer.Holds, worse.Answer);
        Assert.Contains("times that of async with row ÷ sync with row", worse.Sentence, StringComparison.Ordinal);
        Assert.Equal(1.5, worse.Findings[0].Value!.Value, 1);
        Assert.Equal(ClaimAnswer.Doesnt, Judge("8", (row, _) => P99(row, 1)).Answer);
    }

    [Fact]
    public void Requests_that_hang_for_want_of_connections_are_objection_A()
    {
        bool Hangs(NextRun next) => next.Row == 0;

        var verdict = Judge("A", (_, _) => 30, invalid: Hangs);
        Assert.Equal(ClaimAnswer.Holds, verdict.Answer);
        Assert.StartsWith("With session pooling and 20 connections 5 of 5 rounds have no valid run (2% of requests failed (limit 1%))", verdict.Sentence, StringComparison.Ordinal);
        Assert.Equal(ClaimAnswer.Doesnt, Judge("A", (_, _) => 30).Answer);
        Assert.Equal(ClaimAnswer.Holds, Judge("A", (row, _) => row.Name.Contains("100", StringComparison.Ordinal) ? 20 : 30).Answer);
    }

    [Fact]
    public void A_sentence_says_what_the_claims_rule_answers_and_not_whether_two_differ()
    {
        // Between 7% lower and 2% higher with uvloop: nobody can tell whether they differ, but it is not 5% more.
        double[] wave = [0.93, 1.00, 0.96, 1.02, 0.97];
        ClaimVerdict Of(string id, double ratio, Func<ExperimentRow, bool> of, Func<double, NextRun, ExperimentRun> made)
        {
            var claim = ClaimList.Find(id)!;
            var experiment = claim.Make(Here, 5, TimeSpan.FromSeconds(10), 3);
            return claim.Judge(experiment, Play(experiment, play: next => made(of(experiment.Rows[next.Row]) ? ratio * wave[next.Round - 1] : 1, next)));
        }

        var same = Of("4", 1, row => row.Name.EndsWith("uvloop", StringComparison.Ordinal), (factor, next) => Run(next, 30, 4_000 * factor));
        Assert.Equal(ClaimAnswer.Doesnt, same.Answer);
        Assert.DoesNotContain("can't tell", same.Sentence, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("not higher by more than 5.0%", same.Sentence, StringComparison.Ordinal);

        // Higher for certain, by a factor that may be the claimed one.
        double[] wide = [0.85, 1.25, 0.9, 1.15, 1.0];
        var near = Of("2", 1.4, row => row.Class == TargetClass.Async, (factor, next) => Run(next, 30) is var run && factor == 1 ? run : run with { Result = run.Result! with { Wobble = 2 * 1.4 * wide[next.Round - 1] } });
        var wobble = near.Findings.Single(f => f.Metric == "wobble");
        Assert.Equal(ClaimAnswer.CantTell, wobble.Answer);
        Assert.StartsWith("can't tell: ", wobble.Sentence, StringComparison.Ordinal);
        Assert.Contains("1.5 times is claimed; about ", wobble.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Objection_A_needs_three_rounds_of_both_before_failures_decide()
    {
        Assert.NotEqual(ClaimAnswer.Holds, Judge("A", (_, _) => 30, invalid: next => next.Row == 0, rounds: 1).Answer);
        Assert.Equal(ClaimAnswer.Holds, Judge("A", (_, _) => 30, invalid: next => next.Row == 0, rounds: 3).Answer);
    }

    [Theory]
    [InlineData("row", null, 5, 2, true)]
    [InlineData("slow:200", null, 5, 2, false)]
    [InlineData("row", 4, 5, 2, false)]
    [InlineData("row", null, 2, 2, false)]
    // 3 workers × 10 connections, and the pooler has 20.
    [InlineData("row", null, 5, 3, false)]
    public void The_article_answers_claims_only_when_it_is_set_up_as_they_are(string workload, int? workers, int rounds, int ran, bool answers)
    {
        var article = Making.Article(new Definition { Target = "", Workload = workload, Workers = workers, Pooler = "session:20" }, Here, rounds, 1);
        var runs = Play(article, play: next => Run(next, 30) is var run && article.Rows[next.Row].Class == TargetClass.Async && run.Result is { } result ? run with { Result = result with { Workers = next.Definition.Workers ?? ran } } : run);

        Assert.Equal(answers, ClaimList.Find("1")!.IsAnsweredBy(article, runs));
        Assert.False(ClaimList.Find("4")!.IsAnsweredBy(article, runs));
    }

    [Fact]
    public void Counting_green_rows_otherwise_decides_only_if_the_answer_changes()
    {
        Assert.Equal(ClaimAnswer.Doesnt, Judge("G", (row, _) => row.Class == TargetClass.Green ? 45 : ByClass(row, 30, 90)).Answer);
        // Green rows so slow that sync is worse with them, and better without.
        Assert.Equal(ClaimAnswer.Holds, Judge("G", (row, _) => row.Class == TargetClass.Green ? 2_000 : ByClass(row, 30, 90)).Answer);
    }

    [Fact]
    public void A_provoked_fall_is_made_once_and_what_was_left_is_listed()
    {
        var claim = ClaimList.Find("9")!;
        var experiment = claim.Make(Here, 5, TimeSpan.FromSeconds(10), 3);
        ExperimentRun Fall(NextRun next)
        {
            bool left = experiment.Rows[next.Row] is { Class: TargetClass.Async, Definition.Provoke: Provocations.KillMaster };
            return Run(next, 20, failed: true) with { Failure = "uvicorn was killed by SIGKILL", Leftovers = left ? ["uvicorn left 2 processes after it had crashed"] : [] };
        }

        var runs = Play(experiment, play: Fall);
        var verdict = claim.Judge(experiment, runs);

        Assert.Equal(experiment.Rows.Count, runs.Count);
        Assert.Equal(ClaimAnswer.Holds, verdict.Answer);
        Assert.StartsWith("Left something behind, or stayed up and did not answer or hardly did: 3 of 3 async and 0 of 2 sync servers", verdict.Sentence, StringComparison.Ordinal);
        Assert.Contains(verdict.Findings, f => f.Sentence == "uvicorn/starlette, kill-master: uvicorn was killed by SIGKILL; uvicorn left 2 processes after it had crashed");
    }

    [Fact]
    public void An_app_that_cannot_load_and_says_so_has_not_fallen_but_one_that_answers_with_errors_has()
    {
        var claim = ClaimList.Find("9")!;
        var experiment = claim.Make(Here, 5, TimeSpan.FromSeconds(10), 3);
        ExperimentRun Fall(NextRun next)
        {
            var row = experiment.Rows[next.Row];
            if (row.Definition.Provoke == Provocations.BrokenApp) return Run(next, 0, failed: true) with { Failure = "uwsgi-http was not ready within 30s: / answered 500." };
            var fine = Run(next, 20);
            // Whoever was asked to stop answers nobody, rightly.
            if (row.Definition.Provoke == Provocations.StopLoaded) return fine with { Result = fine.Result! with { Errors = new Dictionary<string, long> { ["status_5xx"] = 90_000 } } };
            return row is { Class: TargetClass.Async, Definition.Provoke: Provocations.FewFiles } ? fine with { Result = fine.Result! with { Errors = new Dictionary<string, long> { ["status_5xx"] = 90_000 } } } : fine;
        }

        var verdict = claim.Judge(experiment, Play(experiment, play: Fall));

        Assert.Equal(ClaimAnswer.Holds, verdict.Answer);
        Assert.Contains(": 3 of 3 async and 0 of 2 sync servers", verdict.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_offered_rate_is_a_share_of_the_slower_ones_throughput()
    {
        var experiment = ClaimList.Find("H")!.Make(Here, 3, TimeSpan.FromSeconds(10), 3);

        var runs = Play(experiment, play: next => Run(next, 20, experiment.Rows[next.Row].Class == TargetClass.Async ? 4_000 : 5_000));

        Assert.Equal([RunPurpose.Saturate, RunPurpose.Saturate], runs.Take(2).Select(r => r.Purpose));
        Assert.Equal([2_000.0, 2_800, 3_600], runs.Skip(2).Select(r => r.Definition.Rate!.Value).Distinct().Order());
        Assert.Equal(20, runs.Count);
    }

    [Fact]
    public void Nothing_is_offered_where_no_closed_loop_is_valid()
    {
        var experiment = ClaimList.Find("H")!.Make(Here, 3, TimeSpan.FromSeconds(10), 3);

        var runs = Play(experiment, play: next => Run(next, 20, invalid: experiment.Rows[next.Row].Class == TargetClass.Async));

        Assert.All(runs, r => Assert.Equal(RunPurpose.Saturate, r.Purpose));
        Assert.Equal(3, runs.Count);
    }

    [Theory]
    [InlineData(Expected.Higher, 1.15, 1.3, ClaimAnswer.Holds)]
    [InlineData(Expected.Higher, 1.02, 1.3, ClaimAnswer.Holds)]
    [InlineData(Expected.Higher, 1.02, 1.09, ClaimAnswer.Doesnt)]
    [InlineData(Expected.Higher, 0.95, 1.2, ClaimAnswer.CantTell)]
    [InlineData(Expected.Higher, 0.5, 0.8, ClaimAnswer.Doesnt)]
    [InlineData(Expected.NotHigher, 0.9, 1.05, ClaimAnswer.Holds)]
    [InlineData(Expected.NotHigher, 1.15, 1.3, ClaimAnswer.Doesnt)]
    [InlineData(Expected.Lower, 0.6, 0.85, ClaimAnswer.Holds)]
    [InlineData(Expected.Lower, 0.95, 1.3, ClaimAnswer.Doesnt)]
    [InlineData(Expected.Lower, 0.8, 1.02, ClaimAnswer.CantTell)]
    [InlineData(Expected.Times, 1.6, 2.3, ClaimAnswer.Holds)]
    [InlineData(Expected.Times, 1.1, 1.4, ClaimAnswer.Doesnt)]
    [InlineData(Expected.Times, 1.1, 1.7, ClaimAnswer.CantTell)]
    public void An_interval_answers_against_what_is_expected(Expected expected, double low, double high, ClaimAnswer answer)
    {
        var contrast = new Contrast { NameA = "a", NameB = "b", A = _ => true, B = _ => true, Metric = Metric.P99, Expected = expected, Factor = 1.5 };

        Assert.Equal(answer, contrast.Answer(new Interval(Math.Sqrt(low * high), low, high), 0.10));
        Assert.Equal(ClaimAnswer.CantTell, contrast.Answer(new Interval(1.2, null, null), 0.10));
    }
}
