using System.Globalization;

namespace Wobble.Runner.Hosting;

/// <summary>
/// Held by the one <c>up</c> of a data folder for its life; the kernel lets it go, however the process ends. Only its user may open it: whoever can read
/// a file can hold its lock, and the data folder may be entered by all.
/// </summary>
internal sealed class UpLock : IDisposable
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly FileStream _file;

    private UpLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or throws and names who has it.</summary>
    public static UpLock Take(DataFolder data)
    {
        FileStream file;
        try
        {
            // FileShare.None is flock(LOCK_EX) on Linux.
            file = new FileStream(data.Lock, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnersOnly });
            File.SetUnixFileMode(file.SafeFileHandle, OwnersOnly);
        }
        catch (IOException) when (File.Exists(data.Lock))
        {
            throw new HostingException($"Wobble already runs on the data folder {data.Root} (process {Owner(data)}). End that one first, or name another folder: --data DIR and --urls URL.");
        }
        File.WriteAllText(PidFile(data), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new UpLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Owner(DataFolder data)
    {
        try
        {
            return File.ReadAllText(PidFile(data));
        }
        catch (IOException)
        {
            return "unknown";
        }
    }

    // Beside the lock: .NET takes a shared lock to read, so the locked file itself can't be read.
    private static string PidFile(DataFolder data) => Path.ChangeExtension(data.Lock, ".pid");
}
