using System.Text;

namespace Wobble.Runner.Tests.Load;

/// <summary>
/// A second reader of answers, to hold the parser to: it has the whole text at once, goes line by line, and cares for nothing but being easy to check.
/// Bytes are Latin-1 characters here.
/// </summary>
internal sealed class ReferenceReader
{
    private const int LongestNumber = 18, LongestChunkSize = 15;
    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>The answer isn't all there.</summary>
    private sealed class OpenException : Exception;

    /// <summary>It can't be an answer.</summary>
    private sealed class MalformedException : Exception;

    private sealed class Head
    {
        public long? Length;
        public bool HasEncoding, IsChunked, SaysClose, SaysKeepAlive, HasNonce;
    }

    private readonly string text;
    private readonly string nonce;
    private int at;

    private ReferenceReader(byte[] data, byte[] nonce)
    {
        text = Encoding.Latin1.GetString(data);
        this.nonce = Encoding.Latin1.GetString(nonce);
    }

    public static Verdict Read(byte[] data, byte[] nonce, bool toHead, bool closes)
    {
        try
        {
            return new ReferenceReader(data, nonce).Read(toHead, closes);
        }
        catch (OpenException)
        {
            return Verdict.Open;
        }
        catch (MalformedException)
        {
            return Verdict.Malformed;
        }
    }

    private Verdict Read(bool toHead, bool closes)
    {
        while (true)
        {
            bool isOld = StatusLine(out int status);
            var head = Headers();
            if (status == 101) throw new MalformedException();
            if (status < 200) continue;
            bool keeps = !head.SaysClose && (!isOld || head.SaysKeepAlive);
            Verdict Done(bool k) => new("done", at, status, k, head.HasNonce);
            if (toHead || status is 204 or 304) return Done(keeps);
            if (head.HasEncoding && (isOld || head.Length is not null)) throw new MalformedException();
            if (head.IsChunked)
            {
                Chunks();
                return Done(keeps);
            }
            if (head.Length is { } length && !head.HasEncoding)
            {
                Skip(length);
                return Done(keeps);
            }
            at = text.Length;
            return closes ? Done(false) : throw new OpenException();
        }
    }

    /// <summary>True for HTTP/1.0.</summary>
    private bool StatusLine(out int status)
    {
        foreach (char c in "HTTP/1.") Take(x => x == c);
        bool isOld = Take(c => c is '0' or '1') == '0';
        Take(c => c == ' ');
        status = (Take(c => c is >= '1' and <= '5') - '0') * 100;
        status += (Take(char.IsAsciiDigit) - '0') * 10;
        status += Take(char.IsAsciiDigit) - '0';
        if (Peek() is ' ') at++;
        else if (Peek() is not ('\r' or '\n')) throw new MalformedException();
        Text(loneLf: true);
        return isOld;
    }

    private Head Headers()
    {
        var head = new Head();
        string? name = null, value = null;
        while (true)
        {
            if (Blanks.Contains(Peek()))
            {
                // A folded line, which needs one before it.
                if (name is null) throw new MalformedException();
                value += Text(loneLf: true, soFar => Look(name, value + soFar));
                continue;
            }
            if (name is not null) Finish(head, name, value!);
            if (Peek() == '\n')
            {
                at++;
                return head;
            }
            if (Peek() == '\r')
            {
                at++;
                Take(c => c == '\n');
                return head;
            }
            name = "";
            while (Peek() != ':') name += Take(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));
            if (name.Length == 0) throw new MalformedException();
            at++;
            name = name.ToLowerInvariant();
            value = Text(loneLf: true, soFar => Look(name, soFar));
        }
    }

    /// <summary>What can be said of a value before its end: a length that is none.</summary>
    private static void Look(string name, string soFar)
    {
        if (name != "content-length") return;
        string number = soFar.Trim(Blanks);
        if (number.Length > LongestNumber || !number.All(char.IsAsciiDigit)) throw new MalformedException();
    }

    private void Finish(Head head, string name, string value)
    {
        string[] tokens = [.. value.Split(',').Select(t => t.Trim(Blanks).ToLowerInvariant()).Where(t => t.Length > 0)];
        switch (name)
        {
            case "content-length":
                string number = value.Trim(Blanks);
                if (number.Length == 0) throw new MalformedException();
                long length = long.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
                if (head.Length is { } before && before != length) throw new MalformedException();
                head.Length = length;
                break;
            case "transfer-encoding":
                head.HasEncoding = true;
                if (tokens.Length > 0) head.IsChunked = tokens[^1] == "chunked";
                break;
            case "connection":
                head.SaysClose |= tokens.Contains("close");
                head.SaysKeepAlive |= tokens.Contains("keep-alive");
                break;
            case "x-wobble-nonce":
                head.HasNonce = value.Trim(Blanks) == nonce;
                break;
        }
    }

    private void Chunks()
    {
        while (true)
        {
            string digits = "";
            while (char.IsAsciiHexDigit(Peek()))
            {
                digits += Take(_ => true);
                if (digits.Length > LongestChunkSize) throw new MalformedException();
            }
            if (digits.Length == 0) throw new MalformedException();
            if (Peek() is ';' or ' ' or '\t')
            {
                while (Peek() != '\r') Take(c => c != '\n');
            }
            End();
            long size = Convert.ToInt64(digits, 16);
            if (size == 0) break;
            Skip(size);
            End();
        }
        while (Peek() != '\r')
        {
            if (Peek() <= ' ' || Peek() == 127) throw new MalformedException();
            Text(loneLf: false);
        }
        End();
    }

    private void End()
    {
        Take(c => c == '\r');
        Take(c => c == '\n');
    }

    /// <summary>To the end of the line, which is taken too.</summary>
    private string Text(bool loneLf, Action<string>? look = null)
    {
        int from = at;
        while (at < text.Length && (text[at] >= ' ' || text[at] == '\t') && text[at] != 127) at++;
        string line = text[from..at];
        look?.Invoke(line);
        if (loneLf && Peek() == '\n') at++; else End();
        return line;
    }

    private void Skip(long length)
    {
        if (length > text.Length - at) throw new OpenException();
        at += (int)length;
    }

    private char Peek() => at < text.Length ? text[at] : throw new OpenException();

    private char Take(Func<char, bool> isGood)
    {
        char c = Peek();
        if (!isGood(c)) throw new MalformedException();
        at++;
        return c;
    }
}
