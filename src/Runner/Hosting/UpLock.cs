using System.Globalization;

namespace Wobble.Runner.Hosting;

/// <summary>Held by the one <c>up</c> of a data folder for its life; the kernel lets it go, however the process ends.</summary>
internal sealed class UpLock : IDisposable
{
    private readonly FileStream _file;

    private UpLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or throws and names who has it.</summary>
    public static UpLock Take(DataFolder data)
    {
        FileStream file;
        try
        {
            // FileShare.None is flock(LOCK_EX) on Linux.
            file = new FileStream(data.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
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
