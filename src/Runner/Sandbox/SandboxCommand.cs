using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// The command line that starts an Execution: in bubblewrap's own PID, network, IPC, UTS and user namespaces, or plainly where those aren't allowed; as
/// root always as the stack's user, with the limits that let the generator raise its own priority.
/// </summary>
internal static class SandboxCommand
{
    // Nothing else of /etc is shown: no configuration of the machine's own servers, nothing of its users.
    private static readonly string[] SharedEtc = ["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "python3", "python3.11", "ssl/openssl.cnf"];
    private static readonly string[] OwnEtc = ["passwd", "group", "hosts", "nsswitch.conf"];
    // Where root's outer mount namespace shows a source again: the stack's user may not be able to enter the folder it lies in.
    private const string Stage = "/mnt";
    private const string Wobble = "/opt/wobble";
    private const string Settings = "appsettings.json";
    // What is written there is memory, and no process's, so nothing but the sandbox's end gives it back. By itself each might take half of the machine's.
    private static readonly string TmpfsSize = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8, 64L << 20, 1L << 30).ToString(CultureInfo.InvariantCulture);

    /// <summary>Program, arguments and environment.</summary>
    public static (IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment) Create(Plan plan, RunFolders folders, DataFolder data, UnprivilegedUser user)
    {
        bool isRoot = Environment.IsPrivilegedProcess;
        var build = RunnerBuild.Current;
        List<string> limits = isRoot ? [StackPrograms.Prlimit, .. Limits.Raised(), "--"] : [];
        var asUser = AsUser(user);
        if (!plan.Layout.Sandboxed)
        {
            var plain = EnvironmentInside(build.DotnetRoot);
            plain[StraySweep.Marker] = folders.Stack;
            return ([.. limits, .. asUser, .. build.Command(build.Folder), "execute", "--inside"], plain);
        }

        var stage = new List<string>();
        string Reach(string source)
        {
            if (!isRoot) return source;
            string shown = string.Create(CultureInfo.InvariantCulture, $"{Stage}/{stage.Count / 3}");
            stage.AddRange(["--bind", source, shown]);
            return shown;
        }
        var inner = Namespaces(build, plan.Layout, folders, data, Reach);
        List<string> outer = isRoot ? ["/usr/bin/bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", Stage, .. stage, "--"] : [];
        List<string> command = [.. limits, .. outer, .. asUser, .. inner, .. build.Command(Wobble), "execute", "--inside"];
        return (command, new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["LANG"] = "C.UTF-8" });
    }

    /// <summary>The process that ends a run without a sandbox when its launcher was killed, after <paramref name="within"/> for an orderly end.</summary>
    public static (IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment) Guard(RunFolders folders, DataFolder data, UnprivilegedUser user, TimeSpan within)
    {
        var build = RunnerBuild.Current;
        return ([.. AsUser(user), .. build.Command(build.Folder), "execute", "--guard", folders.Stack, "--within", within.ToString("c", CultureInfo.InvariantCulture), "--data", data.Root], EnvironmentInside(build.DotnetRoot));
    }

    private static List<string> AsUser(UnprivilegedUser user) =>
        Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", $"--reuid={user.Uid}", $"--regid={user.Gid}", "--clear-groups", "--"] : [];

    private static List<string> Namespaces(RunnerBuild build, StackLayout layout, RunFolders folders, DataFolder data, Func<string, string> reach)
    {
        string[] start =
        [
            "/usr/bin/bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session",
            "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
            "--proc", "/proc", "--dev", "/dev", "--size", TmpfsSize, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--size", TmpfsSize, "--tmpfs", "/tmp", "--size", TmpfsSize, "--tmpfs", "/var/tmp",
        ];
        var command = new List<string>(start);
        foreach (string name in SharedEtc) command.AddRange(["--ro-bind-try", $"/etc/{name}", $"/etc/{name}"]);
        string etc = reach(folders.Etc);
        foreach (string name in OwnEtc) command.AddRange(["--ro-bind", $"{etc}/{name}", $"/etc/{name}"]);
        foreach (string folder in layout.ReadOnlyFolders) command.AddRange(["--ro-bind", reach(folder), folder]);
        if (!build.DotnetRoot.StartsWith("/usr/", StringComparison.Ordinal)) command.AddRange(["--ro-bind", reach(build.DotnetRoot), build.DotnetRoot]);
        command.AddRange(["--ro-bind", reach(layout.AppSource), layout.AppFolder]);
        command.AddRange(["--ro-bind", reach(build.Folder), Wobble]);
        // Who put a secret there means no app to read it, and nothing in here reads settings. A device can't be opened by such a mount.
        if (File.Exists(Path.Combine(build.Folder, Settings))) command.AddRange(["--ro-bind", "/dev/null", $"{Wobble}/{Settings}"]);
        command.AddRange(["--bind", reach(folders.Stack), layout.RunFolder]);
        command.AddRange(["--bind", reach(data.Cluster), layout.ClusterFolder]);
        // What was made for these mounts is the sandbox's own; nothing has to be written there.
        command.AddRange(["--remount-ro", "/"]);
        command.AddRange(["--chdir", layout.RunFolder, "--clearenv"]);
        foreach (var (name, value) in EnvironmentInside(build.DotnetRoot)) command.AddRange(["--setenv", name, value]);
        command.Add("--");
        return command;
    }

    // The diagnostics server would open sockets in /tmp and start threads that nobody asks. In tiers the runtime would compile its methods again while
    // the stack is measured, for a tenth of a core; what was compiled ahead is fast enough for a look each second.
    private static Dictionary<string, string> EnvironmentInside(string dotnetRoot) => new()
    {
        ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        ["HOME"] = "/tmp",
        ["LANG"] = "C.UTF-8",
        ["DOTNET_ROOT"] = dotnetRoot,
        ["DOTNET_EnableDiagnostics"] = "0",
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_TieredCompilation"] = "0",
    };
}
