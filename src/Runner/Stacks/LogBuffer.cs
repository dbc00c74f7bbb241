using System.Text;

namespace Wobble.Runner.Stacks;

/// <summary>
/// What a component wrote since it was last asked, and its last lines. Guarantees: bounded whatever the component does (of a flood the first and the
/// last part are kept and the bytes between are counted); text is valid Unicode without NUL, whatever the bytes were. For any thread.
/// </summary>
internal sealed class LogBuffer
{
    /// <summary>Most characters handed out at once, half from the front, half from the end.</summary>
    public const int PieceLimit = 64 * 1024;
    /// <summary>Most characters of <see cref="LastLines"/>.</summary>
    public const int TailLimit = 4 * 1024;

    private readonly Lock _gate = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _front = new();
    private readonly StringBuilder _back = new();
    private readonly StringBuilder _tail = new();
    private readonly char[] _chars = new char[LogPump.ReadSize + 4];
    private long _dropped;

    /// <summary>True once the output spoke of running out of file descriptors.</summary>
    public bool SawDescriptorsExhausted { get; private set; }

    /// <summary>Takes bytes as they were written; a character may be split between two calls.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            int count = _decoder.GetChars(bytes, _chars, flush: false);
            var text = _chars.AsSpan(0, count);
            text.Replace('\0', '\uFFFD');
            if (!SawDescriptorsExhausted && text.IndexOf("oo many open files") >= 0) SawDescriptorsExhausted = true;
            KeepEnd(_tail, text, TailLimit);
            int room = PieceLimit / 2 - _front.Length;
            if (room > 0)
            {
                int taken = Math.Min(room, text.Length);
                _front.Append(text[..taken]);
                text = text[taken..];
            }
            _dropped += KeepEnd(_back, text, PieceLimit / 2);
        }
    }

    /// <summary>What came since the last call; null when nothing did.</summary>
    public string? Take()
    {
        lock (_gate)
        {
            if (_front.Length == 0) return null;
            string text = _dropped == 0 ? $"{_front}{_back}" : $"{_front}\n[… {_dropped} characters left out …]\n{_back}";
            _front.Clear();
            _back.Clear();
            _dropped = 0;
            return text;
        }
    }

    /// <summary>The last lines, at most <paramref name="lines"/> of them.</summary>
    public string LastLines(int lines = 12)
    {
        lock (_gate)
            return string.Join('\n', _tail.ToString().TrimEnd().Split('\n').TakeLast(lines));
    }

    private static int KeepEnd(StringBuilder into, ReadOnlySpan<char> text, int limit)
    {
        int fallen = Math.Max(0, into.Length + text.Length - limit);
        int ofText = Math.Max(0, text.Length - limit);
        into.Append(text[ofText..]);
        if (into.Length > limit) into.Remove(0, into.Length - limit);
        return fallen;
    }
}
