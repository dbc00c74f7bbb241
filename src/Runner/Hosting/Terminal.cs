namespace Wobble.Runner.Hosting;

/// <summary>What <c>up</c> says. Never throws: a terminal that was closed costs the words, not the clean end.</summary>
internal sealed class Terminal(TextWriter writer, TimeProvider time)
{
    private readonly Lock _gate = new();

    /// <summary>A line.</summary>
    public void Say(string line)
    {
        lock (_gate)
        {
            try
            {
                writer.WriteLine(Commands.Printable.Of(line));
                writer.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Nobody reads any more.
            }
        }
    }

    /// <summary>A line with the time of day before it: something happened while nobody looked.</summary>
    public void Tell(string line) => Say($"{time.GetLocalNow():HH:mm:ss}  {line}");
}
