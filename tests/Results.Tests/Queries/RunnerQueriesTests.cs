using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class RunnerQueriesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Runners_come_with_what_they_can_run_and_are_gone_after_silence()
    {
        await database.KeepAll(
        [
            new RunnerRow { Name = "old", SeenAt = Stored.Noon.AddMinutes(-5) },
            new RunnerRow { Name = "here", Host = "bench-1", Catalogue = SamplePlans.Catalogue, Environment = SamplePlans.Environment, Doing = "idle", SeenAt = Stored.Noon.AddSeconds(-3) },
        ]);

        var runners = await new RunnerQueries(database).All(default);

        Assert.Equal(["here", "old"], runners.Select(r => r.Name));
        Assert.Equal((7, "Example CPU @ 2.50GHz"), (runners[0].Catalogue.Targets.Count, runners[0].Environment!.Cpu));
        Assert.Equal([false, true], runners.Select(r => r.IsGone(Stored.Noon)));
    }
}
