using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Bench.History;

/// <summary>What a page asks, as its <c>AskAsync</c> does; each asking by another run, target or configuration.</summary>
internal sealed record Question(string Name, Func<int, Task> AskAsync)
{
    public static async Task<List<Question>> AllAsync(Filling database)
    {
        var runs = new RunsQueries(database, TimeProvider.System);
        var comparisons = new ComparisonQueries(database);
        var configurations = new ConfigurationQueries(database);
        var trends = new TrendQueries(database);
        var run = new RunQueries(database);
        var home = new HomeQueries(database);
        var cancel = CancellationToken.None;
        await using var db = database.CreateDbContext();
        var slugs = await db.Runs.Where(r => r.DeletedAt == null && r.State == RunState.Completed).OrderBy(r => r.Slug).Take(1_000).Select(r => r.Slug).ToListAsync();
        var targets = await db.Runs.Where(r => r.DeletedAt == null).Select(r => r.Target).Distinct().OrderBy(t => t).ToListAsync();
        var ids = await db.Configurations.OrderBy(c => c.Name).Select(c => c.Id).ToListAsync();

        Question Runs(string name, Func<int, RunsFilter> filter) => new("Runs, " + name, async i =>
        {
            await Task.WhenAll(runs.Page(filter(i), cancel), runs.Count(filter(i), cancel), runs.RecentTags(8, cancel));
        });
        return
        [
            Runs("newest", _ => new RunsFilter()),
            Runs("deep in the pages", i => new RunsFilter { After = slugs[i % slugs.Count] }),
            Runs("a target", i => new RunsFilter { Target = targets[i % targets.Count] }),
            Runs("a class", i => new RunsFilter { Classes = [(TargetClass)(i % 3)] }),
            Runs("failed", _ => new RunsFilter { States = [RunState.Failed] }),
            Runs("invalid", _ => new RunsFilter { Trust = ["invalid"] }),
            Runs("a configuration", i => new RunsFilter { Configuration = ids[i % ids.Count] }),
            Runs("a tag", _ => new RunsFilter { Tags = ["baseline"] }),
            Runs("a word of a note", i => new RunsFilter { Search = $"{i % 997}" }),
            Runs("a word that is nowhere", i => new RunsFilter { Search = $"nowhere{i}" }),
            Runs("least p99 of a class", i => new RunsFilter { Classes = [(TargetClass)(i % 3)], Sort = RunsSort.P99 }),
            Runs("least p99 of a target", i => new RunsFilter { Target = targets[i % targets.Count], Sort = RunsSort.P99 }),
            Runs("two years ago, a class", i => new RunsFilter { Classes = [TargetClass.Green], Until = new DateTimeOffset(2024, 12, 26, 0, 0, 0, TimeSpan.Zero) }),
            new("Compare of 5", i => comparisons.Runs([.. Enumerable.Range(0, 5).Select(n => slugs[((5 * i) + n) % slugs.Count])], cancel)),
            new("Compare of 5 configurations, 20 runs each", i => comparisons.Runs([.. Enumerable.Range(0, 5).Select(n => ids[((5 * i) + n) % ids.Count].ToString())], cancel)),
            new("Trend of a configuration", async i =>
            {
                await configurations.One(ids[i % ids.Count], cancel);
                await configurations.RunsOf(ids[i % ids.Count], cancel);
                await trends.Of(ids[i % ids.Count], Wobble.Results.Statistics.Metric.P99, cancel);
            }),
            new("Configurations", _ => configurations.All(false, cancel)),
            new("A run's header, seconds and events", async i =>
            {
                var header = (await run.BySlug(slugs[i % slugs.Count], cancel))!;
                await run.SecondsAfter(header.Run.Id, -1, -1, cancel);
                await run.EventsAfter(header.Run.Id, 0, cancel);
                await run.LogTails(header.Run.Id, 20_000, cancel);
            }),
        ];
    }
}
