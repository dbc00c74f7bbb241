namespace Wobble.Dashboard.Access;

/// <summary>Files that only their owner may read, whatever the umask. A file is there whole or not at all.</summary>
internal static class PrivateFile
{
    public static void Write(string path, string text)
    {
        string partial = $"{path}.{Environment.ProcessId}.part";
        File.Delete(partial);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(partial, options)) stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>Makes the folder with mode 0700, also when it was there with another.</summary>
    public static void MakeFolder(string path)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
