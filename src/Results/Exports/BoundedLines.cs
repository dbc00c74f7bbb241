using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Wobble.Results.Exports;

/// <summary>A file that can't be read on: what is wrong with it, as a sentence.</summary>
internal sealed class BadFileException(string sentence) : Exception(sentence);

/// <summary>
/// The lines of a gzip file that nobody vouches for. Guarantees: never more than one line of <see cref="MaxLine"/> in memory, never more than
/// <see cref="MaxBytes"/> unpacked, however small the file is.
/// </summary>
internal sealed class BoundedLines(Stream file, long maxBytes = BoundedLines.MaxBytes) : IDisposable
{
    /// <summary>The longest line, bytes: a log of 256 KB whose every character is escaped has 1.5 MB.</summary>
    public const int MaxLine = 4 * 1024 * 1024;
    /// <summary>The most bytes unpacked: a run of a day has some 500 MB.</summary>
    public const long MaxBytes = 2L * 1024 * 1024 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>SHA-256 of all lines but the one just given.</summary>
    public string HashBefore { get; private set; } = "";

    /// <summary>Each whole line as bytes, valid until the next is asked for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await using var zip = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        var buffer = new byte[64 * 1024];
        using var line = new MemoryStream();
        long total = 0;
        int read;
        while ((read = await UnpackAsync(zip, buffer, cancel)) > 0)
        {
            if ((total += read) > maxBytes) throw new BadFileException($"at most {maxBytes / 1024 / 1024} MB unpacked");
            for (int begin = 0; begin < read;)
            {
                int feed = Array.IndexOf(buffer, (byte)'\n', begin, read - begin);
                int stop = feed < 0 ? read : feed;
                if (line.Length + stop - begin > MaxLine) throw new BadFileException($"lines of at most {MaxLine / 1024 / 1024} MB");
                line.Write(buffer, begin, stop - begin);
                begin = stop + 1;
                if (feed < 0) break;
                HashBefore = Convert.ToHexStringLower(_hash.GetCurrentHash());
                yield return line.GetBuffer().AsMemory(0, (int)line.Length);
                _hash.AppendData(line.GetBuffer(), 0, (int)line.Length);
                _hash.AppendData("\n"u8);
                line.SetLength(0);
            }
        }
        if (line.Length > 0) throw new BadFileException("a whole file: its last line is cut");
    }

    public void Dispose() => _hash.Dispose();

    private static async ValueTask<int> UnpackAsync(GZipStream zip, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            return await zip.ReadAsync(buffer, cancel);
        }
        catch (InvalidDataException e)
        {
            throw new BadFileException($"a gzip file as ./wobble export writes it ({e.Message})");
        }
    }
}
