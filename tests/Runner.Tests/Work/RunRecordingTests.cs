using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Storage;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class RunRecordingTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-recording-").FullName;
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_fact_that_can_not_be_recorded_is_replaced_by_a_warning_and_keeps_no_other_from_it()
    {
        var facts = new FactsBuilder { PerSecond = 50 }.Build().ToList();
        int broken = facts.FindIndex(f => f is SampleFact { Stage: 1, Second: 2 });
        facts[broken] = (SampleFact)facts[broken] with { Kinds = [new KindSample { Kind = "row", Requests = 50, Latency = [1, 2, 3] }] };

        var run = await RecordAsync(facts);

        await using var db = _database.CreateDbContext();
        Assert.Equal([0, 1, 3, 4], await db.Seconds.Where(s => s.RunId == run.Id && s.Stage == 1).OrderBy(s => s.Number).Select(s => s.Number).ToListAsync());
        Assert.StartsWith("A fact could not be recorded and is missing here: ", (await db.Events.SingleAsync(e => e.RunId == run.Id && e.Kind == EventKinds.Warning)).Text, StringComparison.Ordinal);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(broken + 1, await db.Events.Where(e => e.RunId == run.Id && e.Kind == EventKinds.Warning).Select(e => e.FactNumber).SingleAsync());
    }

    [Fact]
    public async Task A_run_whose_result_can_not_be_recorded_ends_as_failed_and_says_so()
    {
        await _database.ExecuteAsync("alter table runs add constraint no_results check (result is null)");

        var run = await RecordAsync(new FactsBuilder { PerSecond = 50 }.Build());

        Assert.Equal(RunState.Failed, run.State);
        Assert.StartsWith("It ended as completed, but its result can't be recorded: ", run.Failure, StringComparison.Ordinal);
        await using var db = _database.CreateDbContext();
        Assert.Equal(6, await db.Seconds.CountAsync(s => s.RunId == run.Id));
    }

    [Fact]
    public async Task Nothing_follows_the_end()
    {
        var run = await new StoredRuns(_database).RecordFirstAsync(0);
        await using var recording = RunRecording.Open(_folder, run.Id, new Recorder(_database), NullLogger.Instance);
        recording.Note(new EndFact { State = RunState.Failed, Reason = "first" });
        recording.Note(new EventFact("nginx", EventKinds.Crashed, "too late"));
        recording.Note(new EndFact { State = RunState.Cancelled, Reason = "second" });

        await recording.FinishAsync(CancellationToken.None);

        Assert.Equal(1, recording.Facts);
        Assert.Equal("first", (await new StoredRuns(_database).FindAsync(run.Id)).Failure);
    }

    private async Task<Run> RecordAsync(IReadOnlyList<Fact> facts)
    {
        var run = await new StoredRuns(_database).RecordFirstAsync(0);
        await using var recording = RunRecording.Open(_folder, run.Id, new Recorder(_database), NullLogger.Instance);
        foreach (var fact in facts) recording.Note(fact);
        Assert.True(await recording.FinishAsync(CancellationToken.None));
        Assert.False(File.Exists(RunRecording.PathOf(_folder, run.Id)));
        return await new StoredRuns(_database).FindAsync(run.Id);
    }
}
