using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.EndToEnd.Tests;

/// <summary>
/// Pages that need more runs than a test can make: the article whole, a claim, a search for workers, a capacity, a trend, comparisons. Their runs are put
/// into Wobble's own database, with figures that are known; the pages are the product's, in a real browser.
/// </summary>
public sealed class FilledPagesTests(Product product)
{
    private readonly Contexts _database = new(product);

    [Fact]
    public async Task An_article_with_ranks_intervals_and_a_row_that_fell_over_is_sound()
    {
        var article = await PlayAsync(Making.Article(new Definition { Target = "" }, Here, 5, 7), (row, next) => row.Name.StartsWith("daphne", StringComparison.Ordinal) && next.Round < 4 ? null : (Typical(row) * Scatter(next), 4_000 / Typical(row) * 30 * Scatter(next)));

        await LookAsync($"/x/{article}", signedIn: true);
        await LookAsync($"/x/{article}", signedIn: false);
        // More rows than can be told apart in one figure: a choice.
        await LookAsync($"/compare?r={article}", signedIn: false);
        await LookAsync($"/compare?r={article}.1&r={article}.5", signedIn: true);
    }

    [Fact]
    public async Task Claims_with_verdicts_are_sound()
    {
        foreach (string id in (string[])["4", "A", "9"])
            await PlayAsync(ClaimList.Find(id)!.Make(Here, 5, TimeSpan.FromSeconds(5), 3), (row, next) => (Typical(row) * Scatter(next), row.Name.EndsWith("uvloop", StringComparison.Ordinal) ? 4_800 : 4_000 * Scatter(next)));

        await LookAsync("/claims", signedIn: true);
    }

    [Fact]
    public async Task A_search_for_workers_and_a_capacity_are_sound()
    {
        var tune = await PlayAsync(Making.Tune("uwsgi-http/bottle", new Definition { Target = "" }, Here, 3), (_, next) => (30 * Scatter(next), 4_000 - (60 * Math.Pow(next.Definition.Workers!.Value - 6, 2)) + next.Round));
        var capacity = await PlayAsync(Making.CapacityOf(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, Here, 50, 3), (_, next) => (next.Definition.Rate is { } rate ? 50 * Math.Pow(rate / 1_600, 3) * Scatter(next) : 80, 2_000));

        await LookAsync($"/x/{tune}", signedIn: true);
        await LookAsync($"/x/{capacity}", signedIn: false);
        await LookAsync("/experiments", signedIn: true);
    }

    [Fact]
    public async Task A_configuration_with_a_trend_is_sound()
    {
        var stored = new StoredRuns(_database);
        Guid id;
        await using (var db = _database.CreateDbContext())
        {
            var configuration = new Configuration { Name = "Nightly, bottle", Definition = new FactsBuilder().Definition };
            db.Add(configuration);
            await db.SaveChangesAsync();
            id = configuration.Id;
        }
        for (int i = 0; i < 14; i++)
        {
            double ms = (i < 8 ? 20 : 25) + (i % 3 * 0.4);
            // As many a second as 100 connections can have answered: else no run is to be trusted.
            await stored.RecordAsync(new FactsBuilder { Start = DateTimeOffset.UtcNow.AddDays(i - 20), MedianMs = ms, PerSecond = (int)(98_000 / ms), Seed = i }, configurationId: id);
        }

        await LookAsync($"/configurations/{id}", signedIn: true);
        await LookAsync("/configurations", signedIn: true);
        await LookAsync("/runs", signedIn: true);
        await LookAsync($"/compare?r={id}", signedIn: true);
    }

    // Orders of magnitude as the article saw them.
    private static double Typical(ExperimentRow row) => row.Class switch { TargetClass.Sync => 30 + row.Name.Length, TargetClass.Green => 90, _ => 150 + (3 * row.Name.Length) };

    private static double Scatter(NextRun next) => 1 + (0.02 * next.Round) + (0.01 * ((next.Row + next.Round) % 3));

    private static Catalogue Here { get; } = new()
    {
        Cores = 2,
        Targets = [.. ArticleRows.Select(r => new CatalogueTarget
        {
            Name = r.Name, Server = r.Name.Split('/')[0], App = r.Name.Split('/')[1], Interface = "wsgi", Class = r.Class, Unavailable = r.Name.Contains("meinheld", StringComparison.Ordinal) ? "not installed, because pip can't reach its package index for meinheld" : null,
            Options = r.Class == TargetClass.Async ? [new TargetOption("loop", "uvloop", ["uvloop", "asyncio"], null, null, ""), new TargetOption("pool", "10", [], 1, 100, "")] : [],
        })],
        Article = [.. ArticleRows.Select((r, i) => new ArticleRow(r.Name, 16, 18, 31 + (i * 10), 5_000 - (i * 200)))],
    };

    private static (string Name, TargetClass Class)[] ArticleRows =>
    [
        ("uwsgi-http/bottle", TargetClass.Sync), ("uwsgi-http/falcon", TargetClass.Sync), ("uwsgi-http/flask", TargetClass.Sync), ("uwsgi-uwsgi/bottle", TargetClass.Sync), ("gunicorn/flask", TargetClass.Sync),
        ("gunicorn-gevent/flask", TargetClass.Green), ("gunicorn-meinheld/flask", TargetClass.Green), ("aiohttp/aiohttp", TargetClass.Async), ("uvicorn/starlette", TargetClass.Async), ("daphne/starlette", TargetClass.Async),
    ];

    private async Task<string> PlayAsync(ExperimentDefinition definition, Func<ExperimentRow, NextRun, (double, double)?> play) =>
        (await new StoredExperiments(_database).PlayAsync(definition, next => play(definition.Rows[next.Row], next))).Slug;

    private async Task LookAsync(string path, bool signedIn)
    {
        var found = await Soundness.LookAsync(product, path, signedIn);
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    private sealed class Contexts(Product product) : IDbContextFactory<WobbleDb>
    {
        public WobbleDb CreateDbContext()
        {
            var builder = new DbContextOptionsBuilder<WobbleDb>();
            WobbleDb.Configure(builder, product.ConnectionString);
            return new WobbleDb(builder.Options);
        }
    }
}
