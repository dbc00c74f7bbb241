using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class HomeQueriesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly HomeQueries _queries = new(database);

    [Fact]
    public async Task What_runs_what_waits_and_what_ended_are_kept_apart()
    {
        var measuring = Stored.Run("a/x", 3, RunState.Measuring);
        await database.KeepAll(
        [
            measuring, Stored.Run("b/x", 2, RunState.Queued), Stored.Run("c/x", 1, RunState.Queued), Stored.Run("d/x", 10),
            Stored.Run("e/x", 9, RunState.Failed, null, null, null), Stored.Run("f/x", 8, deleted: Stored.Noon), Stored.Run("g/x", 1, RunState.Queued, deleted: Stored.Noon),
        ]);
        var watched = new Watched(new(), [], null, null);
        await database.KeepAll(
        [
            new Second { RunId = measuring.Id, Stage = 0, Number = 0, Requests = 5, P50 = 1, P99 = 2, Watched = watched },
            new Second { RunId = measuring.Id, Stage = 1, Number = 0, Requests = 100, P50 = 19, P90 = 25, P99 = 40, Watched = watched },
            new Second { RunId = measuring.Id, Stage = 1, Number = 1, Length = 0.5, Requests = 100, P50 = 20, P90 = 26, P99 = 41, Watched = watched },
        ]);

        var going = Assert.Single(await _queries.GoingOn(default));
        Assert.Equal("a/x", going.Run.Target);
        Assert.Equal([new StripSecond(0, 100, 19, 25, 40), new StripSecond(1, 200, 20, 26, 41)], going.Seconds);
        Assert.Equal(["b/x", "c/x"], (await _queries.Queued(default)).Select(r => r.Target));
        Assert.Equal(["e/x", "d/x"], (await _queries.Recent(5, default)).Select(r => r.Target));
        Assert.Equal(["e/x"], (await _queries.Recent(1, default)).Select(r => r.Target));
    }
}
