using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Storage;

namespace Wobble.Tests.Support;

/// <summary>Puts runs into a database as the product does: a row, then its facts through the Recorder.</summary>
public sealed class StoredRuns(IDbContextFactory<WobbleDb> contexts)
{
    private readonly Recorder _recorder = new(contexts);

    /// <summary>A run that waits.</summary>
    public Task<Run> QueuedAsync(Definition? definition = null, string? wantedRunner = null) =>
        AddAsync(new Run { Slug = Slug.New(), Definition = definition ?? new FactsBuilder().Definition, Target = (definition ?? new FactsBuilder().Definition).Target, WantedRunner = wantedRunner });

    /// <summary>A run with its facts; in the state they lead to (with <c>End = null</c> it is measuring). Returns the row as it is stored.</summary>
    public async Task<Run> RecordAsync(FactsBuilder? facts = null, string[]? tags = null, string? notes = null, Guid? configurationId = null, Guid? experimentId = null, int? round = null, string runner = "bench-1")
    {
        facts ??= new FactsBuilder();
        return await RecordAsync(facts, facts.Build(), tags, notes, configurationId, experimentId, round, runner);
    }

    /// <summary>A run of which only the first facts are there.</summary>
    public Task<Run> RecordFirstAsync(int count, FactsBuilder? facts = null) =>
        RecordAsync(facts ?? new FactsBuilder(), [.. (facts ?? new FactsBuilder()).Build().Take(count)], null, null, null, null, null, "bench-1");

    /// <summary>The row as it is stored.</summary>
    public async Task<Run> FindAsync(Guid id)
    {
        await using var db = await contexts.CreateDbContextAsync();
        return await db.Runs.AsNoTracking().SingleAsync(r => r.Id == id);
    }

    private async Task<Run> RecordAsync(FactsBuilder builder, IReadOnlyList<Fact> facts, string[]? tags, string? notes, Guid? configurationId, Guid? experimentId, int? round, string runner)
    {
        var run = await AddAsync(new Run
        {
            Slug = Slug.New(),
            Definition = builder.Definition,
            Target = builder.Definition.Target,
            Class = builder.Class,
            State = RunState.Preparing,
            RunnerName = runner,
            CreatedAt = builder.Start,
            StartedAt = builder.Start,
            Tags = [.. tags ?? []],
            Notes = notes,
            ConfigurationId = configurationId,
            ConfigurationVersion = configurationId is null ? null : 1,
            ExperimentId = experimentId,
            Round = round,
        });
        await _recorder.RecordAsync(run.Id, [.. facts.Select((fact, i) => new NumberedFact(i + 1, fact))]);
        return await FindAsync(run.Id);
    }

    private async Task<Run> AddAsync(Run run)
    {
        await using var db = await contexts.CreateDbContextAsync();
        db.Runs.Add(run);
        await db.SaveChangesAsync();
        return run;
    }
}
