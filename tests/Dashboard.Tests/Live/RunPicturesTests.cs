using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Live;

/// <summary>What a run's page is given, over real PostgreSQL and the real Recorder.</summary>
public sealed class RunPicturesTests : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly TestDatabase database;
    private readonly RunFeed feed;
    private readonly RunPictures pictures;

    public RunPicturesTests(TestDatabase database)
    {
        this.database = database;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:Wobble"] = database.ConnectionString }).Build();
        feed = new RunFeed(configuration, TimeProvider.System, NullLogger<RunFeed>.Instance);
        pictures = new RunPictures(new RunQueries(database), feed, TimeProvider.System);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await feed.StopAsync(default);
        feed.Dispose();
    }

    private StoredRuns Runs => new(database);

    [Fact]
    public async Task A_run_that_ended_is_all_there()
    {
        var facts = new FactsBuilder();
        var run = await Runs.RecordAsync(facts);

        var picture = await OfAsync(run);

        Assert.True(picture.IsFinal);
        Assert.Equal(5, picture.Points.Count);
        Assert.Equal(10_000, picture.Requests);
        Assert.Equal(run.P99, picture.LatencyMs.P99);
        Assert.Equal(10_000, picture.Points.Sum(p => p.Requests));
        Assert.Null(picture.SoFar);
        Assert.NotEmpty(picture.Events);
        Assert.Contains(picture.Logs, l => l.Component == "nginx");
        Assert.Equal(picture.Distribution.OrderBy(p => p.Nines).Select(p => p.Ms), picture.Distribution.Select(p => p.Ms).Order());
        Assert.Equal(picture.Distribution[^1].Nines, picture.Tail[0].Nines, 6);
    }

    [Fact]
    public async Task The_curve_ends_at_the_slowest_request()
    {
        var picture = await OfAsync(await Runs.RecordAsync(new FactsBuilder { PerSecond = 700 }));

        Assert.Equal(Math.Log10(3_500), picture.Tail[^1].Nines, 6);
        Assert.Equal(picture.LatencyMs.Max!.Value, picture.Tail[^1].Ms, picture.LatencyMs.Max!.Value * .002);
    }

    [Fact]
    public async Task A_run_that_goes_on_grows_by_what_is_new()
    {
        var facts = new FactsBuilder { End = null };
        var all = facts.Build();
        int half = Enumerable.Range(0, all.Count).Where(i => all[i] is SampleFact { Stage: 1 }).ElementAt(2);
        var run = await Runs.RecordFirstAsync(half, facts);
        var before = await OfAsync(run);

        await new Recorder(database).RecordAsync(run.Id, [.. all.Skip(half).Select((fact, i) => new NumberedFact(half + i + 1, fact))]);
        var after = await OfAsync(run);

        Assert.Equal((RunState.Measuring, 2, 5), (before.State, before.Points.Count, after.Points.Count));
        Assert.Equal(before.Points.Select(p => p.P99), after.Points.Take(2).Select(p => p.P99));
        Assert.Equal(10_000, after.Requests);
        Assert.NotNull(after.SoFar);
        Assert.Equal(before.Events.Count, after.Events.Take(before.Events.Count).Count());
        Assert.Equal(after.Events.Select(e => e.FactNumber).Distinct().Count(), after.Events.Count);
    }

    [Fact]
    public async Task Many_who_ask_at_once_get_the_same_complete_picture()
    {
        var run = await Runs.RecordAsync();

        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => OfAsync(run)));

        Assert.All(all, picture => Assert.Equal((5, 10_000L), (picture.Points.Count, picture.Requests)));
    }

    [Fact]
    public async Task Who_is_told_of_the_same_thing_at_different_times_gets_one_reading_of_it()
    {
        var facts = new FactsBuilder { End = null };
        var all = facts.Build();
        int half = Enumerable.Range(0, all.Count).Where(i => all[i] is SampleFact { Stage: 1 }).ElementAt(2);
        var run = await Runs.RecordFirstAsync(half, facts);
        Assert.NotSame(await ToldAsync(run), await ToldAsync(run));

        await feed.StartAsync(default);
        long told = await ToldBeyondAsync(0);
        var first = await ToldAsync(run);
        Assert.Same(first, await ToldAsync(run));
        Assert.NotSame(first, await OfAsync(run));

        await new Recorder(database).RecordAsync(run.Id, [.. all.Skip(half).Select((fact, i) => new NumberedFact(half + i + 1, fact))]);
        await ToldBeyondAsync(told);
        var second = await ToldAsync(run);
        Assert.Equal((2, 5), (first.Points.Count, second.Points.Count));
        Assert.Same(second, await ToldAsync(run));
    }

    [Fact]
    public async Task Doubts_are_watched_while_it_runs()
    {
        var run = await Runs.RecordAsync(new FactsBuilder { End = null, ErrorsPerSecond = new Dictionary<string, long> { ["timeout"] = 400 } });

        var doubts = (await OfAsync(run)).SoFar!;

        Assert.Equal("doubtful", doubts.Verdict);
        Assert.Contains(doubts.Reasons, r => r.Check == "failures");
        Assert.NotEmpty(doubts.Passed);
    }

    [Theory, InlineData("AAAAAAAAAAAAAAAAAAAAAA"), InlineData("short"), InlineData("../../../etc/passwd___")]
    public async Task A_slug_that_names_nothing_has_no_picture(string slug) => Assert.Null(await pictures.OfAsync(slug, default));

    [Fact]
    public async Task A_run_that_was_deleted_is_gone_and_may_come_back()
    {
        var run = await Runs.RecordAsync();
        Assert.NotNull(await pictures.OfAsync(run.Slug, default));
        var edits = new Results.Edits.RunEdits(database, TimeProvider.System, Retention.Default);

        await edits.Delete([run.Id], default);
        Assert.Null(await pictures.OfAsync(run.Slug, default));

        await edits.Restore([run.Id], default);
        Assert.Equal(5, (await OfAsync(run)).Points.Count);
    }

    [Fact]
    public async Task A_database_that_is_away_fails_the_reading_and_the_next_one_has_everything()
    {
        var run = await Runs.RecordAsync();
        await database.ExecuteAsync("alter table seconds rename to hidden");
        await Assert.ThrowsAnyAsync<Exception>(() => pictures.OfAsync(run.Slug, default));

        await database.ExecuteAsync("alter table hidden rename to seconds");

        Assert.Equal(10_000, (await OfAsync(run)).Requests);
    }

    private async Task<RunPicture> OfAsync(Run run) => await pictures.OfAsync(run.Slug, default) ?? throw new InvalidOperationException("It is not there.");

    private async Task<RunPicture> ToldAsync(Run run) => await pictures.ToldAsync(run.Slug, default) ?? throw new InvalidOperationException("It is not there.");

    private async Task<long> ToldBeyondAsync(long known)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var called = new SemaphoreSlim(0);
        using var listener = feed.SubscribeToAll(() => Task.FromResult(called.Release()));
        while (true)
        {
            if (feed.Told is { } now && now > known) return now;
            await called.WaitAsync(limit.Token);
        }
    }
}
