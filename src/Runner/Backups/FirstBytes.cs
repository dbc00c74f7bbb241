namespace Wobble.Runner.Backups;

/// <summary>What a file held when it was opened, while others go on adding to it: exactly that many bytes, since a tar says the length before them.</summary>
internal sealed class FirstBytes : Stream
{
    private readonly FileStream _file;

    /// <summary>Opens it, and keeps nobody from writing or removing it.</summary>
    public FirstBytes(string path)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Length = _file.Length;
    }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length { get; }

    public override long Position
    {
        get => _file.Position;
        set => _file.Position = value;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int wanted = (int)Math.Clamp(Length - Position, 0, count);
        int got = _file.Read(buffer, offset, wanted);
        return got > 0 || wanted == 0 ? got : throw new EndOfStreamException($"{_file.Name} was cut while it was read.");
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => Length,
    };

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _file.Dispose();
        base.Dispose(disposing);
    }
}
