using CsCheck;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class RunsQueriesTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private RunsQueries _queries = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _queries = new RunsQueries(_database, new StoppedClock(Stored.Noon));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task An_empty_filter_lists_all_newest_first_but_for_the_deleted()
    {
        await _database.KeepAll([Stored.Run("a/x", 30), Stored.Run("b/x", 10), Stored.Run("c/x", 20), Stored.Run("d/x", 5, deleted: Stored.Noon)]);

        Assert.Equal(["b/x", "c/x", "a/x"], await Targets(new()));
    }

    [Fact]
    public async Task Each_filter_narrows_alone_and_together()
    {
        var configuration = await _database.Keep(new Configuration { Name = "base", Definition = new() { Target = "a/x" } });
        await _database.KeepAll(
        [
            Stored.Run("a/x", 1, tags: ["article", "base"], configuration: configuration.Id),
            Stored.Run("b/x", 2, targetClass: TargetClass.Async, trust: "doubtful", tags: ["article"]),
            Stored.Run("c/x", 3, RunState.Failed, null, null, null, targetClass: TargetClass.Async),
            Stored.Run("d/x", 60 * 24 * 8, targetClass: TargetClass.Green, trust: "invalid"),
        ]);

        Assert.Equal(["b/x", "c/x"], await Targets(new() { Classes = [TargetClass.Async] }));
        Assert.Equal(["c/x"], await Targets(new() { States = [RunState.Failed, RunState.Cancelled] }));
        Assert.Equal(["b/x", "d/x"], await Targets(new() { Trust = ["doubtful", "invalid"] }));
        Assert.Equal(["a/x"], await Targets(new() { Tags = ["article", "base"] }));
        Assert.Equal(["a/x", "b/x", "c/x"], await Targets(new() { Days = 7 }));
        Assert.Equal(["a/x"], await Targets(new() { Configuration = configuration.Id }));
        Assert.Equal(["b/x"], await Targets(new() { Classes = [TargetClass.Async], Tags = ["article"], Trust = ["doubtful"] }));
        Assert.Empty(await Targets(new() { Classes = [TargetClass.Green], Tags = ["article"] }));
    }

    [Theory]
    [InlineData("bottle", "uwsgi-http/bottle")]
    [InlineData("UWSGI", "uwsgi-http/bottle")]
    [InlineData("#article", "uvicorn/starlette")]
    [InlineData("article starl", "uvicorn/starlette")]
    [InlineData("kern", "gunicorn/flask")]
    [InlineData("6.1.112", "gunicorn/flask")]
    [InlineData("kernel bottle", null)]
    [InlineData("no-such-thing", null)]
    [InlineData("!!! & | :*", null)]
    public async Task Every_word_of_the_search_must_be_somewhere(string search, string? target)
    {
        await _database.KeepAll(
        [
            Stored.Run("uwsgi-http/bottle", 1),
            Stored.Run("uvicorn/starlette", 2, tags: ["article"]),
            Stored.Run("gunicorn/flask", 3, notes: "After the new kernel 6.1.112"),
        ]);

        Assert.Equal(target is null ? [] : [target], await Targets(new() { Search = search }));
    }

    [Fact]
    public async Task A_slug_is_found_by_itself()
    {
        var run = Stored.Run("uvicorn/starlette");
        await _database.KeepAll([run, Stored.Run("gunicorn/flask", 1)]);

        Assert.Equal(["uvicorn/starlette"], await Targets(new() { Search = run.Slug }));
    }

    [Fact]
    public async Task Sorted_by_a_figure_runs_without_it_are_left_out()
    {
        await _database.KeepAll([Stored.Run("a/x", 1, p50: 10, p99: 90), Stored.Run("b/x", 2, p50: 20, p99: 30), Stored.Run("c/x", 3, RunState.Failed, null, null, null)]);

        Assert.Equal(["b/x", "a/x"], await Targets(new() { Sort = RunsSort.P99 }));
        Assert.Equal(["a/x", "b/x"], await Targets(new() { Sort = RunsSort.P99, Reverse = true }));
        Assert.Equal(["a/x", "b/x"], await Targets(new() { Sort = RunsSort.Throughput }));
        Assert.Equal(["b/x", "a/x"], await Targets(new() { Sort = RunsSort.Wobble }));
        Assert.Equal(["c/x", "b/x", "a/x"], await Targets(new() { Reverse = true }));
        Assert.Equal(2, (await _queries.Count(new() { Sort = RunsSort.P99 }, default)).Value);
    }

    public static TheoryData<RunsSort, bool> Orders => new(
        from sort in Enum.GetValues<RunsSort>() from reverse in (bool[])[false, true] select (sort, reverse));

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Pages_forward_and_back_show_every_run_once_also_among_equals(RunsSort sort, bool reverse)
    {
        int total = (RunsQueries.PageSize * 2) + 7;
        await _database.KeepAll(Enumerable.Range(0, total).Select(i => Stored.Run("a/x", i / 3, p50: 10 + (i % 4), p99: 20 + (i % 4))));
        var filter = new RunsFilter { Sort = sort, Reverse = reverse };

        var first = await _queries.Page(filter, default);
        var second = await _queries.Page(filter with { After = first.Rows[^1].Slug }, default);
        var third = await _queries.Page(filter with { After = second.Rows[^1].Slug }, default);
        var back = await _queries.Page(filter with { Before = third.Rows[0].Slug }, default);

        Assert.Equal((false, true), (first.HasPrevious, first.HasNext));
        Assert.Equal((true, true), (second.HasPrevious, second.HasNext));
        Assert.Equal((true, false), (third.HasPrevious, third.HasNext));
        Assert.Equal(total, first.Rows.Concat(second.Rows).Concat(third.Rows).Select(r => r.Slug).Distinct().Count());
        Assert.Equal(second.Rows.Select(r => r.Slug), back.Rows.Select(r => r.Slug));
        Assert.False((await _queries.Page(filter with { Before = second.Rows[0].Slug }, default)).HasPrevious);
    }

    [Fact]
    public async Task An_unknown_edge_is_the_first_page()
    {
        await _database.Keep(Stored.Run());

        Assert.Single((await _queries.Page(new() { After = "never-was" }, default)).Rows);
    }

    [Fact]
    public async Task Counting_stops_at_the_limit()
    {
        await _database.ExecuteAsync("""
            insert into runs (id, slug, state, target, class, definition, tags, pinned, created_at)
            select gen_random_uuid(), lpad(i::text, 22, '0'), 'completed', 'a/x', 'sync', '{"target": "a/x"}', '{}', false, now() from generate_series(1, 1500) i
            """);

        Assert.Equal(new BoundedCount(1_000, true), await _queries.Count(new(), default));
        Assert.Equal(new BoundedCount(0, false), await _queries.Count(new() { Search = "nothing" }, default));
    }

    [Fact]
    public async Task Recent_tags_come_most_used_first()
    {
        await _database.KeepAll([Stored.Run(tags: ["b", "a"]), Stored.Run(tags: ["b"]), Stored.Run(tags: ["c"], deleted: Stored.Noon), Stored.Run()]);

        Assert.Equal(["b", "a"], await _queries.RecentTags(10, default));
        Assert.Equal(["b"], await _queries.RecentTags(1, default));
    }

    [Fact]
    public async Task Rows_of_slugs_come_in_the_order_asked()
    {
        Run first = Stored.Run("a/x"), second = Stored.Run("b/x", 5), gone = Stored.Run("c/x", deleted: Stored.Noon);
        await _database.KeepAll([first, second, gone]);

        Assert.Equal(["b/x", "a/x"], (await _queries.Rows([second.Slug, gone.Slug, "unknown", first.Slug], default)).Select(r => r.Target));
    }

    [Fact]
    public Task Whatever_is_typed_into_the_search_is_only_text() => Gen.String.SampleAsync(
        async text => Assert.Empty((await _queries.Page(new RunsFilter { Search = text.Replace("\0", "", StringComparison.Ordinal) }, default)).Rows), iter: 50);

    private async Task<IEnumerable<string>> Targets(RunsFilter filter) => (await _queries.Page(filter, default)).Rows.Select(r => r.Target);
}
