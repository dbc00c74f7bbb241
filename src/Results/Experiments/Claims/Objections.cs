using Wobble.Results.Statistics;
using static Wobble.Results.Domain.TargetClass;
using static Wobble.Results.Experiments.Claims.ClaimRows;

namespace Wobble.Results.Experiments.Claims;

/// <summary>What was replied to the article in public.</summary>
internal static class Objections
{
    private const string Sync = "uwsgi-http/bottle", Starlette = "uvicorn/starlette", Aiohttp = "aiohttp/aiohttp", Gevent = "gunicorn-gevent/flask", Meinheld = "gunicorn-meinheld/flask";

    public static IReadOnlyList<Claim> All => [Connections, Driver, Loop, Blocking, Slow, Workers, Classes, Saturation, KeepAlive];

    private static Contrast Pair(string a, string b, Metric metric, Expected expected, bool decides = true) => new() { NameA = a, NameB = b, A = Named(a), B = Named(b), Metric = metric, Expected = expected, Decides = decides };

    internal const int ArticlesWorkers = 5;
    internal static readonly string Short = $"{Starlette}, session pooling, 20 connections";
    internal static readonly string[] Plenty = [$"{Starlette}, session pooling, 100 connections", $"{Starlette}, transaction pooling, 20 connections", $"{Starlette}, no pooler"];

    private static Claim Connections => new()
    {
        Id = "A",
        Words = "The async apps were short of database connections: 5 workers × 10 against 20 in the pool, while the sync ones had one each.",
        Method = "uvicorn/starlette as in the article (5 workers, pool=10) with session pooling of 20, of 100, transaction pooling of 20 and no pooler; uwsgi-http/bottle beside it.",
        Rule = "Holds when with 100 connections throughput is higher (δ 5%) or p99 lower (δ 10%) than with 20, or when, of at least three rounds of each, with 20 more than 20% fail and with 100 they don't; doesn't when neither throughput is higher nor p99 lower.",
        Headline = Metric.P99,
        Rows = c =>
        [
            Of(c, Starlette, "session pooling, 20 connections", d => d with { Pooler = "session:20" }, ArticlesWorkers),
            Of(c, Starlette, "session pooling, 100 connections", d => d with { Pooler = "session:100" }, ArticlesWorkers),
            Of(c, Starlette, "transaction pooling, 20 connections", d => d with { Pooler = "transaction:20" }, ArticlesWorkers),
            Of(c, Starlette, "no pooler", d => d with { Pooler = "none" }, ArticlesWorkers),
            Of(c, Sync),
        ],
        Judge = Watched.With(Rankings.ShortOfConnections, Watched.InThePooler),
    };

    private static Claim Driver => new()
    {
        Id = "B",
        Words = "aiopg is slow; asyncpg is the driver people use.",
        Method = "uvicorn/starlette with aiopg, asyncpg and psycopg 3, all else the same.",
        Rule = "Holds when throughput with asyncpg is higher than with aiopg (δ 5%); doesn't when it is not.",
        Headline = Metric.Throughput,
        Rows = c => [.. from driver in (string[])["aiopg", "asyncpg", "psycopg"] select Of(c, Starlette, driver, d => d.Option("driver", driver))],
        Judge = ClaimRules.All(
            Pair($"{Starlette}, asyncpg", $"{Starlette}, aiopg", Metric.Throughput, Expected.Higher),
            Pair($"{Starlette}, asyncpg", $"{Starlette}, aiopg", Metric.P99, Expected.Lower, decides: false),
            Pair($"{Starlette}, psycopg", $"{Starlette}, aiopg", Metric.Throughput, Expected.Higher, decides: false)),
    };

    private static Claim Loop => new()
    {
        Id = "C",
        Words = "The aiohttp row ran on asyncio's loop though uvloop was at hand.",
        Method = "aiohttp/aiohttp with either loop, uvicorn/starlette (on uvloop) beside it.",
        Rule = "Holds when aiohttp's throughput with uvloop is higher (δ 5%) or its p99 lower (δ 10%) than with asyncio; doesn't when neither is.",
        Headline = Metric.Throughput,
        Rows = c => [Of(c, Aiohttp, "asyncio", d => d.Option("loop", "asyncio")), Of(c, Aiohttp, "uvloop", d => d.Option("loop", "uvloop")), Of(c, Starlette)],
        Judge = ClaimRules.Any(
            Pair($"{Aiohttp}, uvloop", $"{Aiohttp}, asyncio", Metric.Throughput, Expected.Higher),
            Pair($"{Aiohttp}, uvloop", $"{Aiohttp}, asyncio", Metric.P99, Expected.Lower),
            Pair(Starlette, $"{Aiohttp}, uvloop", Metric.Throughput, Expected.Higher, decides: false)),
    };

    private static Claim Blocking => new()
    {
        Id = "D",
        Words = "psycopg2 blocks meinheld's and gevent's greenlets, so those rows ran one query at a time for each worker.",
        Method = "gevent and meinheld with and without a wait callback for psycopg2, on row and on slow:20; session pooling of 100, so that connections aren't what is short.",
        Rule = "Holds when on row, for one of the two servers, throughput with the callback is higher (δ 5%) or p99 lower (δ 10%) than without; doesn't when for none it is. slow:20 is for information.",
        Headline = Metric.Throughput,
        Rows = c => [.. from target in (string[])[Gevent, Meinheld] from workload in (string[])["row", "slow:20"] from callback in (string[])["off", "on"]
                        select Of(c, target, $"{workload}, callback {callback}", d => (d with { Workload = workload, Pooler = "session:100" }).Option("pool", "4").Option("wait_callback", callback))],
        Judge = ClaimRules.Any([.. from target in (string[])[Gevent, Meinheld] from workload in (string[])["row", "slow:20"] from metric in (Metric[])[Metric.Throughput, Metric.P99]
                                   select Pair($"{target}, {workload}, callback on", $"{target}, {workload}, callback off", metric, metric == Metric.P99 ? Expected.Lower : Expected.Higher, workload == "row")]),
    };

    private static Claim Slow => new()
    {
        Id = "E",
        Words = "A primary-key look-up is too fast to be typical; with slow queries async wins.",
        Method = "One sync and one async target while the database waits 5, 20, 50 and 200 ms; the article's pools, so async has 10 connections for each worker and sync one.",
        Rule = "Holds when at 200 ms the throughput of async ÷ sync is higher (δ 5%); doesn't when it is not. 5, 20 and 50 ms are for information: they show where it turns.",
        Headline = Metric.Throughput,
        Rows = c => [.. from ms in (int[])[5, 20, 50, 200] from target in (string[])[Sync, Starlette] select Of(c, target, $"{ms} ms", d => d with { Workload = $"slow:{ms}" })],
        Judge = ClaimRules.All([.. from ms in (int[])[200, 50, 20, 5] select Pair($"{Starlette}, {ms} ms", $"{Sync}, {ms} ms", Metric.Throughput, Expected.Higher, ms == 200), Pair($"{Starlette}, 5 ms", $"{Sync}, 5 ms", Metric.P99, Expected.Higher, decides: false)]),
    };

    private static Claim Workers => new()
    {
        Id = "F",
        Words = "More async workers than cores are a mistake; use as many for all.",
        Method = "uvicorn/starlette with one worker per CPU, with the article's 5 for 4 CPUs (rounded up) and with two per CPU, uwsgi-http/bottle with one per CPU beside it; and both with their best number, which a search finds first.",
        Rule = "Holds when with one worker per CPU starlette's throughput is higher (δ 5%) or its p99 lower (δ 10%) than with the article's share; doesn't when neither is. As many for all, and tuned for each, sync ÷ async, are for information.",
        Headline = Metric.P99,
        Rows = c =>
        [
            Of(c, Starlette, "1 per CPU", workers: c.Cores), Of(c, Starlette, "5 for 4 CPUs", workers: ((5 * c.Cores) + 3) / 4), Of(c, Starlette, "2 per CPU", workers: 2 * c.Cores),
            Of(c, Sync, "1 per CPU", workers: c.Cores), Tuned(c, Starlette, "its best"), Tuned(c, Sync, "its best"),
        ],
        Judge = ClaimRules.Any(
            Pair($"{Starlette}, 1 per CPU", $"{Starlette}, 5 for 4 CPUs", Metric.Throughput, Expected.Higher),
            Pair($"{Starlette}, 1 per CPU", $"{Starlette}, 5 for 4 CPUs", Metric.P99, Expected.Lower),
            Pair($"{Starlette}, 1 per CPU", $"{Starlette}, 2 per CPU", Metric.P99, Expected.Lower, decides: false),
            Pair($"{Starlette}, 1 per CPU", $"{Sync}, 1 per CPU", Metric.P99, Expected.Higher, decides: false),
            Pair($"{Starlette}, 1 per CPU", $"{Sync}, 1 per CPU", Metric.Throughput, Expected.Higher, decides: false),
            Pair($"{Starlette}, its best", $"{Sync}, its best", Metric.P99, Expected.Higher, decides: false),
            Pair($"{Starlette}, its best", $"{Sync}, its best", Metric.Throughput, Expected.Higher, decides: false)),
    };

    private static Claim Classes => new()
    {
        Id = "G",
        Words = "meinheld and gevent are green-threaded, so calling them sync (or async) decides the result.",
        Method = "The article's rows in shuffled rounds; p99 of async ÷ sync with green-threaded rows left aside, counted as the article did (meinheld sync, gevent async), all as sync, all as async.",
        Rule = "Holds when the answer to \"is async's p99 higher?\" (δ 10%) differs between the four ways of counting; doesn't when all four give the same answer, yes or no.",
        Headline = Metric.P99,
        Rows = Article,
        IsOfTheArticle = true,
        Judge = Rankings.EveryCounting,
    };

    private static readonly int[] Shares = [50, 70, 90];

    private static Claim Saturation => new()
    {
        Id = "H",
        Words = "Latency at saturation only shows the queue; compare below saturation, at the same offered rate.",
        Method = "A closed loop first finds what each can do; then both get 50, 70 and 90% of the slower one's throughput in an open loop.",
        Rule = "Holds when at 50% and at 70% the p99 of async ÷ sync is not higher (δ 10%); doesn't when at one of them it is. 90% is for information.",
        Headline = Metric.P99,
        Rows = c => [.. from share in Shares from target in (string[])[Sync, Starlette] select Of(c, target, $"{share}%") with { ShareOfSlowest = share / 100.0 }],
        Judge = ClaimRules.All([.. from share in Shares select Pair($"{Starlette}, {share}%", $"{Sync}, {share}%", Metric.P99, Expected.NotHigher, share < 90)]),
    };

    private static Claim KeepAlive => new()
    {
        Id = "I",
        Words = "No keep-alive measures connection set-up.",
        Method = "One sync and one async target with one connection a request, with kept connections, and (async) with connections kept between nginx and the server, too.",
        Rule = "Holds when the throughput with kept connections is higher than with one a request (δ 5%) for both; doesn't when for one it is not. Whether it changes async ÷ sync is for information.",
        Headline = Metric.Throughput,
        Rows = c =>
        [
            Of(c, Sync), Of(c, Sync, "keep-alive", d => d with { KeepAlive = true }), Of(c, Starlette), Of(c, Starlette, "keep-alive", d => d with { KeepAlive = true }),
            Of(c, Starlette, "keep-alive to the server, too", d => (d with { KeepAlive = true }).Option("proxy_keepalive", "on")),
        ],
        Judge = ClaimRules.All(
            Pair($"{Sync}, keep-alive", Sync, Metric.Throughput, Expected.Higher),
            Pair($"{Starlette}, keep-alive", Starlette, Metric.Throughput, Expected.Higher),
            Pair($"{Starlette}, keep-alive to the server, too", $"{Starlette}, keep-alive", Metric.Throughput, Expected.Higher, decides: false),
            Pair($"{Starlette}, keep-alive", $"{Sync}, keep-alive", Metric.P99, Expected.Higher, decides: false) with { Against = Pair(Starlette, Sync, Metric.P99, Expected.Higher) },
            Pair($"{Starlette}, keep-alive", $"{Sync}, keep-alive", Metric.Throughput, Expected.Higher, decides: false) with { Against = Pair(Starlette, Sync, Metric.Throughput, Expected.Higher) }),
    };
}
