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
        file.SetLength(0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        file.Flush();
        return new UpLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Owner(DataFolder data)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(data.Lock, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd() is { Length: > 0 } pid ? pid : "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
