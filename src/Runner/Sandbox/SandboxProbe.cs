using System.ComponentModel;
using System.Diagnostics;

namespace Wobble.Runner.Sandbox;

/// <summary>Whether bubblewrap may make namespaces here, asked once by making them.</summary>
internal static class SandboxProbe
{
    private static readonly Lazy<string?> Answer = new(Ask);

    /// <summary>Null when the sandbox works; else why it doesn't, to follow "none, because".</summary>
    public static string? Reason => Answer.Value;

    private static string? Ask()
    {
        var start = new ProcessStartInfo("bwrap") { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (string argument in (string[])["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--size", "65536", "--tmpfs", "/dev/shm", "true"])
            start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            string last = error.Trim().Split('\n')[^1];
            return process.ExitCode == 0 ? null : error.Contains("Unknown option", StringComparison.Ordinal) ? $"bubblewrap is too old ({last})" : $"bubblewrap may not make namespaces here ({last})";
        }
        catch (Win32Exception)
        {
            return "bubblewrap is not installed (Debian package bubblewrap)";
        }
    }
}
