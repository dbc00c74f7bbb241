using CsCheck;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Storage;

/// <summary>From the bytes of a journal to the rows of a run: whatever a crash leaves of the file, the run is consistent, and the rest can follow later.</summary>
public sealed class JournalRecordingTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly IReadOnlyList<Fact> Facts = new FactsBuilder { PerSecond = 30, ErrorsPerSecond = new Dictionary<string, long> { ["timeout"] = 1 }, Logs = [new("nginx", "a\n"), new("nginx", "b\n")] }.Build();
    private readonly StoredRuns _runs = new(database);
    private readonly Recorder _recorder = new(database);

    [Fact]
    public async Task Any_prefix_with_a_torn_line_and_duplicates_gives_a_consistent_run_that_the_whole_journal_completes()
    {
        string folder = Directory.CreateTempSubdirectory("wobble-recording-").FullName;
        try
        {
            string whole = Path.Combine(folder, "whole.jsonl");
            using (var writer = JournalWriter.Open(whole)) foreach (var fact in Facts) writer.Append(fact);
            string[] lines = File.ReadAllLines(whole);
            string expected = await StateAsync(await RecordedAsync(whole));
            long length = new FileInfo(whole).Length;

            await Gen.Select(Gen.Int[0, (int)length], Gen.Int[0, lines.Length - 1].Array[0, 4]).SampleAsync(async (cut, twice) =>
            {
                string path = Path.Combine(folder, $"{Guid.NewGuid():N}.jsonl");
                // Lines that are there twice come first, as a reader that began anew would give them; then the prefix, whose last line is torn.
                byte[] prefix = File.ReadAllBytes(whole)[..cut];
                string[] kept = System.Text.Encoding.UTF8.GetString(prefix).Split('\n')[..^1];
                File.WriteAllLines(path, kept.SelectMany((line, i) => twice.Contains(i) ? (string[])[line, line] : [line]));
                File.AppendAllText(path, System.Text.Encoding.UTF8.GetString(prefix)[kept.Sum(l => l.Length + 1)..]);

                var run = await RecordedAsync(path);
                await CheckAsync(run, kept.Length);

                // The Runner comes back with all of it: nothing is counted twice, nothing is missing.
                await RecordAsync(run, whole);
                Assert.Equal(expected, await StateAsync(run));
            }, iter: 25, threads: 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Every number of the run follows from the facts whose lines are whole.
    private async Task CheckAsync(Guid id, int whole)
    {
        var run = await _runs.FindAsync(id);
        var facts = Facts.Take(whole).ToList();
        var samples = facts.OfType<SampleFact>().ToList();
        await using var db = database.CreateDbContext();
        var seconds = await db.Seconds.Where(s => s.RunId == id).OrderBy(s => s.Stage).ThenBy(s => s.Number).ToListAsync();
        Assert.Equal(samples.Select(s => (s.Stage, s.Second)), seconds.Select(s => (s.Stage, s.Number)));
        Assert.Equal(samples.Sum(s => s.Kinds.Sum(k => k.Requests)), seconds.Sum(s => s.Requests));
        Assert.Equal(samples.Sum(s => s.Kinds.Sum(k => k.Errors.Values.Sum())), seconds.Sum(s => s.Errors.Values.Sum()));
        var histograms = await db.Samples.Where(s => s.RunId == id).Select(s => s.Latency).ToListAsync();
        Assert.Equal(seconds.Sum(s => s.Requests), Histograms.Merge(histograms).TotalCount);
        Assert.Equal(facts.OfType<EventFact>().Count(), await db.Events.CountAsync(e => e.RunId == id));
        Assert.Equal(string.Concat(facts.OfType<LogFact>().Where(l => l.Component == "nginx").Select(l => l.Text)), (await db.Logs.Where(l => l.RunId == id && l.Component == "nginx").Select(l => l.Text).ToListAsync()).FirstOrDefault() ?? "");
        var phase = facts.OfType<EndFact>().Select(e => e.State).Concat(facts.OfType<PhaseFact>().Select(p => p.Phase).Reverse()).Append(RunState.Preparing).First();
        Assert.Equal(phase, run.State);
        Assert.Equal(run.State.IsFinal(), run.Result is not null);
    }

    private async Task<Guid> RecordedAsync(string path)
    {
        var run = await _runs.RecordFirstAsync(0);
        await RecordAsync(run.Id, path);
        return run.Id;
    }

    private async Task RecordAsync(Guid run, string path)
    {
        using var reader = new JournalReader(path);
        while (reader.Read() is { Count: > 0 } facts) await _recorder.RecordAsync(run, facts);
    }

    private async Task<string> StateAsync(Guid id)
    {
        var run = await _runs.FindAsync(id);
        await using var db = database.CreateDbContext();
        string log = string.Concat(await db.Logs.Where(l => l.RunId == id).OrderBy(l => l.Component).Select(l => l.Text).ToListAsync());
        return System.Text.Json.JsonSerializer.Serialize(new { run.State, run.Result, run.End, run.Requests, run.Errors, run.MeasuringAt, run.FinishedAt, Log = log, Seconds = await db.Seconds.CountAsync(s => s.RunId == id), Events = await db.Events.CountAsync(e => e.RunId == id) }, WobbleJson.Options);
    }
}
