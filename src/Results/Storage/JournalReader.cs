using System.Text;
using System.Text.Json;
using Wobble.Results.Facts;

namespace Wobble.Results.Storage;

/// <summary>
/// Reads a journal, also while it is written. Guarantees: numbers only rise; half a line at the end is left for later; a line that is there twice, or
/// that is no fact, is skipped.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private const int MaxAtOnce = 500;

    private readonly FileStream _file;
    private readonly List<byte> _line = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _begin, _end;
    private int _last;

    /// <summary>Opens the file, which must exist.</summary>
    public JournalReader(string path) => _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>Where the last whole line ended.</summary>
    public long Position { get; private set; }

    /// <summary>The next facts, at most some hundred at once; empty when there are none yet.</summary>
    public IReadOnlyList<NumberedFact> Read()
    {
        var facts = new List<NumberedFact>();
        while (facts.Count < MaxAtOnce && ReadLine() is { } line)
        {
            if (!Fact.TryParse(line, out var fact)) continue;
            int number = NumberOf(line) ?? _last + 1;
            if (number <= _last) continue;
            _last = number;
            facts.Add(new NumberedFact(number, fact!));
        }
        return facts;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private string? ReadLine()
    {
        while (true)
        {
            if (_begin == _end)
            {
                (_begin, _end) = (0, _file.Read(_buffer));
                if (_end == 0) return null;
            }
            int feed = Array.IndexOf(_buffer, (byte)'\n', _begin, _end - _begin);
            int stop = feed < 0 ? _end : feed;
            _line.AddRange(_buffer.AsSpan(_begin, stop - _begin));
            _begin = stop;
            if (feed < 0) continue;
            _begin++;
            Position += _line.Count + 1;
            string text = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line));
            _line.Clear();
            return text;
        }
    }

    // A journal that another program wrote may have no numbers: then the order is the number.
    private static int? NumberOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.TryGetProperty("n", out var n) && n.TryGetInt32(out int number) && number > 0 ? number : null;
    }
}
