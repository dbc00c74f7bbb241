using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Storage;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Work;

/// <summary>
/// The facts of one run on their way: into the journal at once, and from the journal into PostgreSQL as soon as it takes them. Guarantees: a noted fact
/// outlives this process; facts are recorded in order, those of a moment in one transaction; while PostgreSQL is away the run goes on and recording
/// catches up by itself; a fact that PostgreSQL refuses is left out and keeps no other from it.
/// </summary>
internal sealed class RunRecording : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Guid _run;
    private readonly string _path;
    private readonly Recorder _recorder;
    private readonly ILogger _logger;
    private readonly JournalWriter _journal;
    private readonly JournalReader _reader;
    private readonly SemaphoreSlim _more = new(0);
    private readonly CancellationTokenSource _abandon = new();
    private readonly Task _following;
    private readonly Lock _noting = new();
    private volatile bool _closed;
    private bool _ended;

    private RunRecording(Guid run, string path, Recorder recorder, ILogger logger)
    {
        (_run, _path, _recorder, _logger) = (run, path, recorder, logger);
        _journal = JournalWriter.Open(path);
        _reader = new JournalReader(path);
        // What an earlier process left in the journal counts, too.
        Facts = _journal.Count;
        _ended = _journal.IsEnded;
        _following = Task.Run(FollowAsync);
    }

    /// <summary>Facts noted so far.</summary>
    public int Facts { get; private set; }

    /// <summary>The phase the journal tells of; null when none began.</summary>
    public RunState? Phase => _journal.Phase;

    /// <summary>False once it turned out that PostgreSQL has no such run.</summary>
    public bool RunExists { get; private set; } = true;

    /// <summary>Begins a journal, or goes on with one that an earlier process left.</summary>
    public static RunRecording Open(string folder, Guid run, Recorder recorder, ILogger logger)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var recording = new RunRecording(run, PathOf(folder, run), recorder, logger);
        Native.FlushFolder(folder);
        return recording;
    }

    /// <summary>Where a run's journal is.</summary>
    public static string PathOf(string folder, Guid run) => Path.Combine(folder, $"{run}.jsonl");

    /// <summary>Notes a fact. Nothing follows an <see cref="EndFact"/>.</summary>
    /// <exception cref="IOException">It can't be written down (the disk is full): the run must not go on.</exception>
    public void Note(Fact fact)
    {
        lock (_noting)
        {
            if (_ended) return;
            Facts = Append(fact);
            _ended = fact is EndFact;
        }
        _more.Release();
    }

    /// <summary>Waits until everything noted is recorded. False when <paramref name="stop"/> came first: the journal is left for the next start.</summary>
    public async Task<bool> FinishAsync(CancellationToken stop)
    {
        _closed = true;
        _more.Release();
        try
        {
            await _following.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        if (_ended && RunExists) File.Delete(_path);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _abandon.CancelAsync();
        await _following.ContinueWith(_ => { }, TaskScheduler.Default);
        _journal.Dispose();
        _reader.Dispose();
        _more.Dispose();
        _abandon.Dispose();
    }

    private int Append(Fact fact)
    {
        try
        {
            return _journal.Append(fact);
        }
        catch (IOException e)
        {
            throw new IOException($"The run's journal can't be written, and without it nothing that is measured would be safe: {e.Message}", e);
        }
    }

    private async Task FollowAsync()
    {
        while (true)
        {
            // Before the journal is read: what is noted between the two is then not overlooked.
            bool last = _closed;
            if (_reader.Read() is { Count: > 0 } facts) await RecordAsync(facts);
            else if (last) return;
            else await _more.WaitAsync(_abandon.Token);
        }
    }

    private async Task RecordAsync(IReadOnlyList<NumberedFact> facts)
    {
        try
        {
            long since = Stopwatch.GetTimestamp();
            await WithPatienceAsync(async () => RunExists = await _recorder.RecordAsync(_run, facts, _abandon.Token));
            Telemetry.FactsRecorded.Add(facts.Count);
            Telemetry.RecordingSeconds.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (facts.Count > 1) foreach (var fact in facts) await RecordAsync([fact]);
            else await ReplaceAsync(facts[0], e);
        }
    }

    // Again and again while PostgreSQL is away; what it refuses is thrown.
    private async Task WithPatienceAsync(Func<Task> record)
    {
        long since = 0;
        var pause = FirstPause;
        while (true)
        {
            try
            {
                await record();
                break;
            }
            catch (Exception e) when (Databases.IsAway(e))
            {
                if (since == 0) _logger.RecordingWaits(_run, Databases.Reason(e));
                if (since == 0) since = Stopwatch.GetTimestamp();
            }
            await Task.Delay(pause, _abandon.Token);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
        if (since != 0) await SayAgainAsync(Stopwatch.GetElapsedTime(since).TotalSeconds);
    }

    private async Task SayAgainAsync(double seconds)
    {
        _logger.RecordingAgain(_run, seconds);
        var said = new EventFact("wobble", EventKinds.Warning, string.Create(CultureInfo.InvariantCulture, $"Wobble's own database was away for {seconds:0.0} s. Meanwhile facts waited in the run's journal; none is lost."));
        try
        {
            bool ended;
            lock (_noting) ended = _ended;
            // Nothing follows the end in a journal: what is said of its recording goes beside it.
            if (ended) await _recorder.RecordAsync(_run, Facts + 1, said, _abandon.Token);
            else Note(said);
        }
        catch (Exception e) when (Databases.IsAway(e))
        {
            // Away once more: a sentence less.
        }
        catch (IOException)
        {
            // The journal's disk is full: the run ends by the next fact that it can't take.
        }
    }

    // A run must end, whatever can't be said about its end; and a reader should know that something is missing.
    private async Task ReplaceAsync(NumberedFact refused, Exception reason)
    {
        _logger.FactLeftOut(reason, _run, refused.Number);
        if (refused.Fact is EndFact end)
        {
            var instead = new EndFact { At = end.At, State = RunState.Failed, Reason = $"It ended as {end.State.Word()}, but its result can't be recorded: {Databases.Reason(reason)}" };
            await WithPatienceAsync(() => _recorder.EndWithoutResultAsync(_run, instead, _abandon.Token));
        }
        else
        {
            var instead = new EventFact("wobble", EventKinds.Warning, $"A fact could not be recorded and is missing here: {Databases.Reason(reason)}") { At = refused.Fact.At };
            await WithPatienceAsync(() => _recorder.RecordAsync(_run, refused.Number, instead, _abandon.Token));
        }
    }
}
