using System.Globalization;

namespace Wobble.Tests.Support;

/// <summary>
/// Folders that go with the test process, whatever still writes into them when a test ends: below one folder of this process, which it removes when it
/// exits; those of processes that were killed are removed by the next.
/// </summary>
public static class TestFolders
{
    private const string Prefix = "wobble-tests-";
    private static readonly Lazy<string> Root = new(Make);
    private static int _count;

    /// <summary>A new folder, 0755.</summary>
    public static string New(string name)
    {
        string folder = Path.Combine(Root.Value, string.Create(CultureInfo.InvariantCulture, $"{name}-{Interlocked.Increment(ref _count)}"));
        Directory.CreateDirectory(folder);
        Open(folder);
        return folder;
    }

    /// <summary>Removes one that holds much: what is left to the process's end makes that long.</summary>
    public static void Remove(string folder)
    {
        // A Runner that is just ending may still write: once more then.
        for (int attempt = 0; attempt < 5 && Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Thread.Yield();
            }
        }
    }

    private static string Make()
    {
        foreach (string left in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
            if (!Directory.Exists("/proc/" + Path.GetFileName(left)[Prefix.Length..])) Remove(left);
        string root = Path.Combine(Path.GetTempPath(), Prefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Remove(root);
        Directory.CreateDirectory(root);
        Open(root);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(root);
        return root;
    }

    private static void Open(string folder) => File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
}
