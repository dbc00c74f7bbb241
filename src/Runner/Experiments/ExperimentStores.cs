using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Facts;

namespace Wobble.Runner.Experiments;

/// <summary>Where the runs of an experiment on the command line are kept.</summary>
internal interface IExperimentStore
{
    /// <summary>What is run: an earlier start's seed, where there was one.</summary>
    ExperimentDefinition Definition { get; }
    /// <summary>Runs that ended, an earlier start's first.</summary>
    IReadOnlyList<ExperimentRun> Runs { get; }
    /// <summary>The machine as the last run found it; null before one.</summary>
    RunEnvironment? Environment { get; }
    /// <summary>Its permalink's slug; null where it has none.</summary>
    string? Slug { get; }
    /// <summary>False when somebody else goes on with it.</summary>
    Task<bool> MayGoOnAsync(CancellationToken cancel);
    /// <summary>Keeps a run.</summary>
    Task AddAsync(ExperimentRun run, RunOutcome outcome, DateTimeOffset began);
    /// <summary>Nothing is left to run.</summary>
    Task CompleteAsync();
}

/// <summary>Keeps runs as long as the process lives.</summary>
internal class MemoryStore(ExperimentDefinition definition) : IExperimentStore
{
    private readonly List<ExperimentRun> _runs = [];

    public ExperimentDefinition Definition { get; protected set; } = definition;
    public IReadOnlyList<ExperimentRun> Runs => _runs;
    public RunEnvironment? Environment { get; protected set; }
    public virtual string? Slug => null;

    public virtual Task<bool> MayGoOnAsync(CancellationToken cancel) => Task.FromResult(true);

    public virtual Task AddAsync(ExperimentRun run, RunOutcome outcome, DateTimeOffset began)
    {
        Environment = outcome.Facts.OfType<EnvironmentFact>().LastOrDefault()?.Environment ?? Environment;
        Keep(run);
        return Task.CompletedTask;
    }

    public virtual Task CompleteAsync() => Task.CompletedTask;

    protected void Keep(ExperimentRun run) => _runs.Add(run);
}

/// <summary>
/// Keeps runs in a file, one JSON object a line: the experiment first, then each run as it ends. So an experiment that was stopped, or is run in pieces,
/// goes on where it was. Half a line at the file's end (a process killed while it wrote) is cut off.
/// </summary>
internal sealed class StateFile : MemoryStore, IDisposable
{
    private sealed record Line(ExperimentDefinition? Experiment = null, ExperimentRun? Run = null, RunEnvironment? Environment = null);

    private readonly FileStream _file;

    private StateFile(FileStream file, ExperimentDefinition asked) : base(asked) => _file = file;

    /// <summary>Opens or begins one. Null, with the error, when the file is another experiment's or can't be read.</summary>
    public static StateFile? Open(string path, ExperimentDefinition asked, List<FieldError> errors)
    {
        FileStream? file = null;
        try
        {
            // Not shared: two that run the same experiment would each make every run.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var state = new StateFile(file, asked);
            if (state.Read(asked) is { } error) errors.Add(error with { Value = path });
            else return state;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(new FieldError("state", path, $"a file that can be read and written: {e.Message}"));
        }
        file?.Dispose();
        return null;
    }

    public override async Task AddAsync(ExperimentRun run, RunOutcome outcome, DateTimeOffset began)
    {
        await base.AddAsync(run, outcome, began);
        Write(new Line(Run: run, Environment: Environment));
    }

    public void Dispose() => _file.Dispose();

    private FieldError? Read(ExperimentDefinition asked)
    {
        ExperimentDefinition? kept = null;
        long good = 0;
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        while (Array.IndexOf(bytes, (byte)'\n', (int)good) is var end and >= 0)
        {
            if (Parse(bytes.AsSpan((int)good, end - (int)good)) is not { } line) return new FieldError("state", "", $"a file that --state wrote; line {Lines(bytes, good)} is none of it");
            kept = line.Experiment ?? kept;
            if (line.Run is { } run) Keep(run);
            Environment = line.Environment ?? Environment;
            good = end + 1;
        }
        if (kept is null)
        {
            // Whatever stands in it: it isn't known to be ours, and may be somebody's.
            if (bytes.Length > 0) return new FieldError("state", "", "a file that --state wrote, an empty one or a new one; this has no experiment in it");
            Write(new Line(Experiment: asked));
            return null;
        }
        if (kept.Repetitions > asked.Repetitions || Essence(kept) != Essence(asked)) return new FieldError("state", "", $"the file of this very experiment; it holds \"{kept.Question}\" with other configurations or more rounds: name another file");
        _file.SetLength(good);
        _file.Seek(0, SeekOrigin.End);
        Definition = asked with { Seed = kept.Seed, RoundsWereAdded = kept.RoundsWereAdded || (asked.Repetitions > kept.Repetitions && Runs.Count > 0) };
        if (asked.Repetitions > kept.Repetitions) Write(new Line(Experiment: Definition));
        return null;
    }

    private static Line? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(bytes, WobbleJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Lines(byte[] bytes, long before) => bytes.AsSpan(0, (int)before).Count((byte)'\n') + 1;

    // What can run here now, and what was tuned, may have changed; the order of rounds stays the kept one's.
    internal static string Essence(ExperimentDefinition experiment) => JsonSerializer.Serialize(
        experiment with
        {
            Seed = 0,
            Repetitions = 1,
            RoundsWereAdded = false,
            Runner = null,
            Rows = [.. experiment.Rows.Select(r => r with { Unavailable = null, TunedWorkers = null, TunedAt = null, Published = null })],
        }, WobbleJson.Options);

    private void Write(Line line)
    {
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(line, WobbleJson.Options));
        _file.WriteByte((byte)'\n');
        _file.Flush(flushToDisk: true);
    }
}
