namespace Wobble.Runner.Hosting;

/// <summary>
/// A child without a port says that it lives by the time of a file: written by a thread of its pool, so that a stopped process, and one whose pool is
/// stuck, both fall silent. It needs neither PostgreSQL nor room on the disk.
/// </summary>
internal sealed class HeartBeat : IDisposable
{
    /// <summary>The environment variable that names the file.</summary>
    public const string Variable = "WOBBLE_HEART_BEAT";
    /// <summary>Between two beats.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    /// <summary>Older than this is a miss.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(4);

    private readonly Timer _timer;

    private HeartBeat(string file) => _timer = new Timer(_ => Beat(file), null, TimeSpan.Zero, Every);

    /// <summary>Beats until disposed, where somebody asked for it.</summary>
    public static HeartBeat? Begin() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? new HeartBeat(file) : null;

    /// <summary>Makes the file, as old as can be: only the child's own beat is an answer.</summary>
    public static void Reset(string file)
    {
        File.WriteAllText(file, "");
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
    }

    /// <summary>True when the last beat is fresh.</summary>
    public static bool IsFresh(string file) => DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < Fresh;

    public void Dispose() => _timer.Dispose();

    private static void Beat(string file)
    {
        try
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever looks at it sees that nothing comes.
        }
    }
}
