using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Wobble.Runner.Execution;

/// <summary>Lines of a pipe, read by a thread of its own as they come. A line longer than <see cref="Limit"/> is skipped.</summary>
internal static class LineReader
{
    /// <summary>Most bytes of a line; a sample of a second has some ten thousand.</summary>
    public const int Limit = 16 * 1024 * 1024;

    /// <summary>Starts reading; the channel ends with the pipe. The pipe is closed then.</summary>
    public static ChannelReader<string> Start(SafeFileHandle pipe, string name)
    {
        var lines = Channel.CreateBounded<string>(new BoundedChannelOptions(1024) { SingleWriter = true, SingleReader = true });
        var thread = new Thread(() => Read(pipe, lines.Writer)) { Name = name, IsBackground = true };
        thread.Start();
        return lines.Reader;
    }

    private static void Read(SafeFileHandle pipe, ChannelWriter<string> lines)
    {
        using var stream = new FileStream(pipe, FileAccess.Read, bufferSize: 0);
        var buffer = new byte[64 * 1024];
        var line = new MemoryStream();
        try
        {
            int got;
            while ((got = stream.Read(buffer)) > 0)
            {
                var rest = buffer.AsSpan(0, got);
                int end;
                while ((end = rest.IndexOf((byte)'\n')) >= 0)
                {
                    Keep(line, rest[..end]);
                    Hand(line, lines);
                    rest = rest[(end + 1)..];
                }
                Keep(line, rest);
            }
        }
        catch (IOException)
        {
            // The other end is gone: as the end of the pipe.
        }
        Hand(line, lines);
        lines.TryComplete();
    }

    private static void Keep(MemoryStream line, ReadOnlySpan<byte> part)
    {
        if (line.Length <= Limit) line.Write(part);
    }

    private static void Hand(MemoryStream line, ChannelWriter<string> lines)
    {
        if (line.Length is > 0 and <= Limit)
        {
            string text = Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
            if (!lines.TryWrite(text)) lines.WriteAsync(text).AsTask().GetAwaiter().GetResult();
        }
        line.SetLength(0);
    }
}
