using Wobble.Results.Domain;
using Wobble.Results.Statistics;
using static Wobble.Results.Domain.TargetClass;
using static Wobble.Results.Experiments.Claims.ClaimRows;

namespace Wobble.Results.Experiments.Claims;

/// <summary>The article's nine claims and the nine public objections to it.</summary>
public static class ClaimList
{
    /// <summary>1 – 9, then A – I.</summary>
    public static IReadOnlyList<Claim> All { get; } = [First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth, Ninth, .. Objections.All];

    /// <summary>The claim of a number or letter (either case); null when there is none.</summary>
    public static Claim? Find(string? id) => All.FirstOrDefault(c => string.Equals(c.Id, id?.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <summary>What an experiment says to its claim, or the article's to those that turn on its very rows; nothing before a run of it has ended.</summary>
    public static IReadOnlyList<(Claim Claim, ClaimVerdict Verdict)> Judged(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        // With fewer of the article's rows there is nothing to say to its claims.
        if (!runs.Any(r => r.State.IsFinal()) || (experiment.Claim is null && experiment.Rows.Count < LeastRowsOfArticle)) return [];
        return [.. All.Where(c => experiment.Kind switch { ExperimentKind.Claim => c.Id == experiment.Claim, ExperimentKind.Article => c.IsAnsweredBy(experiment, runs), _ => false }).Select(c => (c, c.Judge(experiment, runs)))];
    }

    /// <summary>Fewest rows of an article that says anything to the claims.</summary>
    public const int LeastRowsOfArticle = 6;

    private const string UwsgiFlask = "uwsgi-http/flask", UwsgiBottle = "uwsgi-http/bottle", UwsgiFalcon = "uwsgi-http/falcon", Gunicorn = "gunicorn/flask", Meinheld = "gunicorn-meinheld/flask";
    private const string Starlette = "uvicorn/starlette", Aiohttp = "aiohttp/aiohttp";

    /// <summary>Async rows ÷ sync rows, green-threaded ones left aside.</summary>
    internal static Contrast AsyncToSync(Metric metric, Expected expected) => new() { NameA = "async", NameB = "sync", A = Class(Async), B = Class(Sync), Metric = metric, Expected = expected };

    private static Contrast Pair(string a, string b, Metric metric, Expected expected, bool decides = true) => new() { NameA = a, NameB = b, A = Named(a), B = Named(b), Metric = metric, Expected = expected, Decides = decides };

    private static Claim First => new()
    {
        Id = "1",
        Words = "The best are sync, the worst are async.",
        Method = "The article's rows in shuffled rounds, ranked by p99 with rank ranges; green-threaded rows are left out of this ranking (objection G counts them in every way).",
        Rule = "Holds when every row that may be first by p99 is sync and every row that may be last is async; doesn't when no sync row may be first or no async row may be last. A row may be first when its rank range, all pairs by Holm, begins at 1.",
        Headline = Metric.P99,
        Rows = Article,
        IsOfTheArticle = true,
        Judge = Rankings.SyncFirstAsyncLast,
    };

    private static Claim Second => new()
    {
        Id = "2",
        Words = "Async is a little worse in throughput, much worse in latency variance.",
        Method = "The article's rows in shuffled rounds; each round's geometric mean of the async rows ÷ that of the sync rows, green-threaded rows left aside.",
        Rule = "Holds when async ÷ sync is below 1 for throughput (δ 5%) and at least 1.5 for wobble, p99 ÷ p50; doesn't when throughput is not lower or wobble is below 1.5 times.",
        Headline = Metric.Wobble,
        IsOfTheArticle = true,
        Rows = Article,
        Judge = ClaimRules.All(
            AsyncToSync(Metric.Wobble, Expected.Times) with { Factor = 1.5 },
            AsyncToSync(Metric.Throughput, Expected.Lower),
            AsyncToSync(Metric.P99, Expected.Higher) with { Decides = false }),
    };

    private const string H11 = Starlette + ", h11", H11Asyncio = Starlette + ", h11 and asyncio", AiohttpPython = Aiohttp + ", no C extensions";

    private static Claim Third => new()
    {
        Id = "3",
        Words = "Throughput follows how much Python was replaced by native code, not sync or async.",
        Method = "Pairs that differ in native code only: uWSGI and meinheld (C) against gunicorn (Python) under flask; uvicorn's httptools and uvloop against h11 and asyncio; aiohttp's C parts against AIOHTTP_NO_EXTENSIONS.",
        Rule = "Holds when the throughput of the native one of every pair is higher (δ 5%): uWSGI ÷ gunicorn, meinheld ÷ gunicorn, uvicorn ÷ uvicorn with h11 and asyncio, aiohttp ÷ aiohttp without C; doesn't when one is not. A pair that can't run here is left out.",
        Headline = Metric.Throughput,
        Rows = c =>
        [
            Of(c, UwsgiFlask), Of(c, Meinheld), Of(c, Gunicorn), Of(c, Starlette), Of(c, Starlette, "h11", d => d.Option("http", "h11")),
            Of(c, Starlette, "h11 and asyncio", d => d.Option("http", "h11").Option("loop", "asyncio")), Of(c, Aiohttp), Of(c, Aiohttp, "no C extensions", d => d.Option("http_parser", "python")),
        ],
        Judge = ClaimRules.All(
            Pair(UwsgiFlask, Gunicorn, Metric.Throughput, Expected.Higher),
            Pair(Meinheld, Gunicorn, Metric.Throughput, Expected.Higher),
            Pair(Starlette, H11Asyncio, Metric.Throughput, Expected.Higher),
            Pair(Aiohttp, AiohttpPython, Metric.Throughput, Expected.Higher),
            Pair(Starlette, H11, Metric.Throughput, Expected.Higher, decides: false),
            Pair(Starlette, UwsgiFlask, Metric.Throughput, Expected.Higher, decides: false)),
    };

    private static Claim Fourth => new()
    {
        Id = "4",
        Words = "uvloop does better than asyncio's own loop.",
        Method = "uvicorn/starlette and aiohttp/aiohttp with either loop, all else the same.",
        Rule = "Holds when throughput with uvloop is higher than with asyncio (δ 5%) for both; doesn't when it is not for one.",
        Headline = Metric.Throughput,
        Rows = c => [.. from target in (string[])[Starlette, Aiohttp] from loop in (string[])["asyncio", "uvloop"] select Of(c, target, loop, d => d.Option("loop", loop))],
        Judge = ClaimRules.All(
            Pair($"{Starlette}, uvloop", $"{Starlette}, asyncio", Metric.Throughput, Expected.Higher),
            Pair($"{Aiohttp}, uvloop", $"{Aiohttp}, asyncio", Metric.Throughput, Expected.Higher),
            Pair($"{Starlette}, uvloop", $"{Starlette}, asyncio", Metric.P99, Expected.Lower, decides: false),
            Pair($"{Aiohttp}, uvloop", $"{Aiohttp}, asyncio", Metric.P99, Expected.Lower, decides: false)),
    };

    private static Claim Fifth => new()
    {
        Id = "5",
        Words = "Flask costs throughput, not latency.",
        Method = "flask against bottle and falcon on one server, uwsgi-http.",
        Rule = "Holds when flask's throughput is lower than the geometric mean of bottle's and falcon's (δ 5%) and its p99 is not higher (δ 10%); doesn't when throughput is not lower or p99 is higher.",
        Headline = Metric.P99,
        IsOfTheArticle = true,
        Rows = c => [Of(c, UwsgiBottle), Of(c, UwsgiFalcon), Of(c, UwsgiFlask)],
        Judge = ClaimRules.All(
            Others(Metric.Throughput, Expected.Lower),
            Others(Metric.P99, Expected.NotHigher),
            Others(Metric.Wobble, Expected.NotHigher) with { Decides = false }),
    };

    private static Contrast Others(Metric metric, Expected expected) => new() { NameA = "flask", NameB = "bottle and falcon", A = Named(UwsgiFlask), B = Named(UwsgiBottle, UwsgiFalcon), Metric = metric, Expected = expected };

    private static Claim Sixth => new()
    {
        Id = "6",
        Words = "Sync servers need many workers, async ones few; a benchmark that gives a sync server one worker per CPU misleads.",
        Method = "uwsgi-http/flask with 1 worker per CPU, with 2n + 1 and with its best number, which a search finds first, uvicorn/starlette with 1 per CPU and its best; and flask without a database (/cpu?ms=0) with both, the Vibora case. The rounds after the search are fresh runs.",
        Rule = "Holds when flask's throughput with its best number of workers is higher than with 1 per CPU (δ 5%), both for rows and without a database, and starlette's is not; doesn't when one of the three is against it.",
        Headline = Metric.Throughput,
        Rows = c =>
        [
            Of(c, UwsgiFlask, "1 per CPU", workers: c.Cores), Of(c, UwsgiFlask, "2n + 1", workers: (2 * c.Cores) + 1), Tuned(c, UwsgiFlask, "its best"),
            Of(c, Starlette, "1 per CPU", workers: c.Cores), Tuned(c, Starlette, "its best"),
            Of(c, UwsgiFlask, "no database, 1 per CPU", NoDatabase, c.Cores), Tuned(c, UwsgiFlask, "no database, its best", NoDatabase),
        ],
        Judge = ClaimRules.All(
            Pair($"{UwsgiFlask}, its best", $"{UwsgiFlask}, 1 per CPU", Metric.Throughput, Expected.Higher),
            Pair($"{UwsgiFlask}, no database, its best", $"{UwsgiFlask}, no database, 1 per CPU", Metric.Throughput, Expected.Higher),
            Pair($"{Starlette}, its best", $"{Starlette}, 1 per CPU", Metric.Throughput, Expected.NotHigher),
            Pair($"{UwsgiFlask}, its best", $"{UwsgiFlask}, 2n + 1", Metric.Throughput, Expected.Higher, decides: false),
            Pair($"{UwsgiFlask}, its best", $"{UwsgiFlask}, 1 per CPU", Metric.P99, Expected.Lower, decides: false)),
    };

    private static Domain.Definition NoDatabase(Domain.Definition definition) => definition with { Workload = "cpu:0" };

    private static Claim Seventh => new()
    {
        Id = "7",
        Words = "Latency varies because a coroutine gives up the core only when it chooses, while the kernel shares it out among processes.",
        Method = "Workload mixed (95% row, 5% 20 ms of CPU): the p99 of the cheap requests beside expensive ones, two async against two sync targets. The rule is about the effect; of the cause it names, waits for a core and evenness among workers are told beside it.",
        Rule = "Holds when the p99 of the row requests of async ÷ sync is higher (δ 10%); doesn't when it is not.",
        Headline = Metric.P99,
        Rows = c => [.. from target in (string[])[UwsgiFlask, Gunicorn, Starlette, Aiohttp] select Of(c, target, change: d => d with { Workload = "mixed" })],
        Judge = ClaimRules.All(
            AsyncToSync(Metric.P99, Expected.Higher) with { KindOfRequest = "row" },
            AsyncToSync(Metric.P50, Expected.Higher) with { KindOfRequest = "row", Decides = false },
            AsyncToSync(Metric.P99, Expected.Higher) with { KindOfRequest = "cpu", Decides = false }).With(Watched.OnTheCores),
    };

    private static Claim Eighth => new()
    {
        Id = "8",
        Words = "With a more varied workload async does even worse.",
        Method = "One sync and one async target with row, mixed (5% 20 ms of CPU) and slow-tail (1% 200 ms in the database): the p99 of the row requests, async ÷ sync, on a varied workload against row alone.",
        Rule = "Holds when async ÷ sync of the row requests' p99 is higher both on mixed and on slow-tail than on row (δ 10%); doesn't when on one of them it is not.",
        Headline = Metric.P99,
        Rows = c => [.. from workload in (string[])["row", "mixed", "slow-tail"] from target in (string[])[UwsgiFlask, Starlette] select Of(c, target, workload, d => d with { Workload = workload })],
        Judge = ClaimRules.All(Varied("mixed"), Varied("slow-tail"), OfWorkload("row"), OfWorkload("mixed"), OfWorkload("slow-tail")),
    };

    private static Contrast OfWorkload(string workload) => AsyncToSync(Metric.P99, Expected.Higher) with
    {
        NameA = $"async with {workload}",
        NameB = $"sync with {workload}",
        A = row => row.Class == Async && row.Definition.Workload == workload,
        B = row => row.Class == Sync && row.Definition.Workload == workload,
        KindOfRequest = "row",
        Decides = false,
    };

    private static Contrast Varied(string workload) => OfWorkload(workload) with { Against = OfWorkload("row"), Decides = true };

    private static Claim Ninth => new()
    {
        Id = "9",
        Words = "Async servers fell over: a parent died and left children on the port, one stayed up broken, one had trouble; uWSGI stays up when its app can't load.",
        Method = "Falls are provoked, one a run: the master killed, a worker killed, few file descriptors, an app that doesn't load, a stop while loaded; what each server did is listed.",
        Rule = "A list, no figure: holds when under the same provocations a greater share of the async than of the sync servers left processes or a port behind, stayed up without answering, or answered most requests with errors though its app can load; doesn't when it is not greater. An answer of 5xx by an app that can't load is not counted.",
        Headline = Metric.P99,
        Rows = Falls.Rows,
        Judge = Falls.Judge,
        IsProvoked = true,
    };
}
