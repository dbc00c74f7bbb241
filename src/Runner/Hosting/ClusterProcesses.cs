using System.Globalization;

namespace Wobble.Runner.Hosting;

/// <summary>The processes of a PostgreSQL cluster: its executable is named postgres, and its working directory is the cluster's folder.</summary>
internal static class ClusterProcesses
{
    /// <summary>All of that cluster, the server itself first.</summary>
    public static IReadOnlyList<ProcessIdentity> Of(string cluster)
    {
        var found = new List<ProcessIdentity>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid)) continue;
            if (Target(folder, "cwd") != cluster || Path.GetFileName(Target(folder, "exe")) != "postgres") continue;
            if (ProcessIdentity.Of("PostgreSQL", pid) is { } identity) found.Add(identity);
        }
        return [.. found.OrderBy(process => process.StartTicks).ThenBy(process => process.Pid)];
    }

    private static string? Target(string process, string link)
    {
        try
        {
            return new FileInfo(Path.Combine(process, link)).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
