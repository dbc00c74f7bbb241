using System.Text;
using System.Threading.Channels;
using Wobble.Results.Facts;

namespace Wobble.Runner.Execution;

/// <summary>
/// Writes facts as lines, in the order they are added, from a thread of its own: whoever reads slowly doesn't hold up a measurement. Bounded: when
/// <see cref="Limit"/> facts wait, logs are left out and counted; everything else waits for room.
/// </summary>
internal sealed class FactWriter : IAsyncDisposable
{
    /// <summary>Facts that may wait.</summary>
    public const int Limit = 4096;

    private readonly Channel<Fact> _waiting = Channel.CreateBounded<Fact>(new BoundedChannelOptions(Limit) { SingleReader = true });
    private readonly CancellationTokenSource _broken = new();
    private readonly Stream _output;
    private readonly TimeSpan? _beat;
    private readonly byte[] _seal;
    private readonly Task _writing;
    private int _logsLeftOut;

    /// <param name="output">Where they go.</param>
    /// <param name="beat">When nothing was written for so long, a line that is no fact says that this process lives. Null: never.</param>
    /// <param name="seal">Begins each line; empty for none.</param>
    public FactWriter(Stream output, TimeSpan? beat = null, string seal = "")
    {
        (_output, _beat, _seal) = (output, beat, Encoding.UTF8.GetBytes(seal));
        _writing = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Cancelled when nobody reads any more.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Adds a fact; waits only when far too many do.</summary>
    public ValueTask AddAsync(Fact fact)
    {
        if (_waiting.Writer.TryWrite(fact)) return ValueTask.CompletedTask;
        if (fact is not LogFact) return WaitForRoomAsync(fact);
        Interlocked.Increment(ref _logsLeftOut);
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
        _broken.Dispose();
    }

    private async ValueTask WaitForRoomAsync(Fact fact)
    {
        try
        {
            await _waiting.Writer.WriteAsync(fact, _broken.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // Nobody reads any more: the run is being ended for it.
        }
    }

    private void Write()
    {
        try
        {
            while (WaitForMore())
            {
                while (_waiting.Reader.TryRead(out var fact))
                {
                    if (Interlocked.Exchange(ref _logsLeftOut, 0) is var left and > 0)
                        WriteLine(new EventFact("wobble", EventKinds.Warning, $"{left} pieces of log were left out: the reader of the facts was too slow."));
                    WriteLine(fact);
                }
                _output.Flush();
            }
        }
        catch (IOException)
        {
            _broken.Cancel();
            _waiting.Writer.TryComplete();
        }
    }

    private bool WaitForMore()
    {
        var more = _waiting.Reader.WaitToReadAsync().AsTask();
        while (_beat is { } beat && !more.Wait(beat))
        {
            _output.Write([.. _seal, .. "\"alive\"\n"u8]);
            _output.Flush();
        }
        return more.GetAwaiter().GetResult();
    }

    private void WriteLine(Fact fact) => _output.Write([.. _seal, .. Encoding.UTF8.GetBytes(fact.ToLine() + "\n")]);
}
