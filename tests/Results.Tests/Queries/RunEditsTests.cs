using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Queries;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class RunEditsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly RunsQueries _queries = new(database, new StoppedClock(Stored.Noon));
    private readonly RunEdits _edits = new(database, new StoppedClock(Stored.Noon), Retention.Default);

    [Fact]
    public async Task Notes_and_tags_are_kept_tidy()
    {
        var run = await database.Keep(Stored.Run());

        await _edits.SetNotes(run.Id, " slower since the update \n", default);
        var tags = await _edits.SetTags(run.Id, ["#Article", " article ", "base line", ""], default);

        var row = Assert.Single(await _queries.Rows([run.Slug], default));
        Assert.Equal("slower since the update", row.Notes);
        Assert.Equal(["article", "base line"], row.Tags);
        Assert.Equal(row.Tags, tags.Value);
        Assert.NotNull((await _edits.SetTags(run.Id, [new string('x', 41)], default)).Error);
        Assert.NotNull((await _edits.SetNotes(run.Id, new string('x', 10_001), default)).Error);
        Assert.NotNull((await _edits.SetNotes(Guid.NewGuid(), "", default)).Error);
    }

    [Fact]
    public async Task A_deleted_run_comes_back_and_one_that_goes_on_cannot_be_deleted()
    {
        var done = await database.Keep(Stored.Run());
        var going = await database.Keep(Stored.Run(state: RunState.Measuring));

        Assert.Equal(1, await _edits.Delete([done.Id, going.Id], default));
        Assert.Equal([going.Slug], (await _queries.Rows([done.Slug, going.Slug], default)).Select(r => r.Slug));
        Assert.Equal(1, (await _edits.Restore([done.Id], default)).Count);
        Assert.Equal(2, (await _queries.Rows([done.Slug, going.Slug], default)).Count);
    }
}
