using System.Globalization;

namespace Wobble.Runner.Hosting;

/// <summary>A full disk explains many a strange death.</summary>
internal static class FreeSpace
{
    private const long Little = 100 << 20;

    /// <summary>A sentence when little room is left where <paramref name="path"/> is, else nothing.</summary>
    public static string Hint(string path)
    {
        try
        {
            var drive = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return drive.AvailableFreeSpace < Little
                ? string.Create(CultureInfo.InvariantCulture, $"\nThe disk is full or nearly so: {drive.AvailableFreeSpace >> 20} MB are free on {drive.Name}. Make room, or name a data folder elsewhere: --data DIR")
                : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "";
        }
    }
}
