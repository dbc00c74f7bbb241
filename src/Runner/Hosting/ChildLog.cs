namespace Wobble.Runner.Hosting;

/// <summary>
/// What a child writes, kept in a file of bounded size (the present one and the one before) and its last lines in memory. Never throws: a disk that
/// is full costs lines of the log, not the child.
/// </summary>
internal sealed class ChildLog(string path, long bytes = ChildLog.DefaultBytes) : IDisposable
{
    /// <summary>Size at which a file is put aside as <c>.1</c>.</summary>
    public const long DefaultBytes = 4 << 20;

    private const int LinesKept = 15;
    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private StreamWriter? _writer;

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_gate) return [.. _last];
        }
    }

    /// <summary>Keeps one line.</summary>
    public void Write(string line)
    {
        lock (_gate)
        {
            _last.Enqueue(line);
            if (_last.Count > LinesKept) _last.Dequeue();
            try
            {
                _writer ??= Open();
                _writer.WriteLine(line);
                _writer.Flush();
                if (_writer.BaseStream.Length < bytes) return;
                Close();
                File.Move(Path, Path + ".1", overwrite: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Close();
            }
        }
    }

    /// <summary>Forgets the last lines: those of a start that is over.</summary>
    public void Forget()
    {
        lock (_gate) _last.Clear();
    }

    public void Dispose()
    {
        lock (_gate) Close();
    }

    private StreamWriter Open() => new(new FileStream(Path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    }));

    private void Close()
    {
        try
        {
            _writer?.Dispose();
        }
        catch (IOException)
        {
            // The rest of its buffer is lost: the disk is full.
        }
        _writer = null;
    }
}
