using System.Globalization;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Storage;

/// <summary>
/// A run's facts in a file of their own: one JSON object a line, with its number as <c>"n"</c>, only ever added to. Guarantees: each fact is with the
/// kernel when <see cref="Append"/> returns, so that a killed process loses none; at every phase and at the end it is on the disk.
/// </summary>
public sealed class JournalWriter : IDisposable
{
    private readonly FileStream _file;

    private JournalWriter(FileStream file) => _file = file;

    /// <summary>Facts written so far, those of an earlier process included: the number of the last one.</summary>
    public int Count { get; private set; }

    /// <summary>The last phase in it; null when none began.</summary>
    public RunState? Phase { get; private set; }

    /// <summary>True when the end is in it.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Opens a journal to add to it, new or begun by a process that died. Half a line at its end goes.</summary>
    public static JournalWriter Open(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var writer = new JournalWriter(file);
        using var reader = new JournalReader(path);
        while (reader.Read() is { Count: > 0 } facts)
        {
            foreach (var (number, fact) in facts) writer.Take(number, fact);
        }
        file.SetLength(reader.Position);
        file.Seek(0, SeekOrigin.End);
        return writer;
    }

    /// <summary>Adds a fact and returns its number.</summary>
    /// <exception cref="IOException">The disk is full, or the like; the journal then ends with the fact before.</exception>
    public int Append(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        long before = _file.Position;
        string line = string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{Count + 1},{fact.ToLine().AsSpan(1)}\n");
        try
        {
            _file.Write(Encoding.UTF8.GetBytes(line));
        }
        catch (IOException)
        {
            _file.SetLength(before);
            _file.Position = before;
            throw;
        }
        if (fact is PhaseFact or EndFact) _file.Flush(flushToDisk: true);
        Take(Count + 1, fact);
        return Count;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Take(int number, Fact fact)
    {
        Count = number;
        if (fact is PhaseFact phase) Phase = phase.Phase;
        IsEnded |= fact is EndFact;
    }
}
