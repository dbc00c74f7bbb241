using System.Collections.Concurrent;
using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>Writes facts as lines, in order, on a thread of its own: a reader that stalls delays nobody. When the reader is gone, says so once.</summary>
internal sealed class FactWriter : IDisposable
{
    private readonly BlockingCollection<string> lines = [];
    private readonly Thread thread;

    public FactWriter(TextWriter writer, Action onGone)
    {
        thread = new Thread(() =>
        {
            try
            {
                foreach (string line in lines.GetConsumingEnumerable())
                {
                    writer.WriteLine(line);
                    writer.Flush();
                }
            }
            catch (IOException)
            {
                onGone();
            }
        })
        { IsBackground = true, Name = "facts" };
        thread.Start();
    }

    public void Write(Fact fact) => lines.Add(fact.ToLine());

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        lines.CompleteAdding();
        thread.Join();
        lines.Dispose();
    }
}
