using System.Collections;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wobble.Results;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Catalog;

/// <summary>
/// The virtual environments below the data folder, made on demand. Guarantees: at most one installation of an environment at a time on this machine;
/// what is not complete doesn't count; a failure is remembered with its time. As root, pip and all it builds run as the unprivileged user
/// (<see cref="InstallCommand"/>), and root follows no link that they make. It never installs while a run goes on, whose numbers a compiler would spoil,
/// and no run begins meanwhile.
/// </summary>
internal sealed partial class PythonEnvironments(DataFolder data, TimeProvider clock, string machineLock)
{
    /// <summary>For a look by the way: enough for a wheel, and to find out that the index can't be reached.</summary>
    public static readonly TimeSpan QuickLimit = TimeSpan.FromSeconds(20);
    /// <summary>For whoever asked for it: enough to build from source.</summary>
    public static readonly TimeSpan FullLimit = TimeSpan.FromMinutes(10);

    private const int HashLength = 12;
    private static readonly TimeSpan RemovingLimit = TimeSpan.FromMinutes(1);
    private static readonly string[] PassedOn = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"];

    /// <summary>The environment of these requirements.</summary>
    public PythonEnvironment Of(string name, IReadOnlyList<string> requirements)
    {
        // Debian's next Python can't use what was built for this one.
        string python = Path.GetFileName(File.ResolveLinkTarget(StackPrograms.Python, returnFinalTarget: true)?.FullName ?? "");
        byte[] content = [.. requirements.SelectMany(File.ReadAllBytes), .. Encoding.UTF8.GetBytes(python)];
        string hash = Convert.ToHexStringLower(SHA256.HashData(content))[..HashLength];
        return new PythonEnvironment(Path.Combine(data.Environments, $"{name}-{hash}"), requirements);
    }

    /// <summary>
    /// Makes it unless it is there or a failure is remembered (then not without <paramref name="retry"/>). Returns null when it is installed.
    /// <paramref name="onWaiting"/> is called once when a run goes on, with who holds the machine; without it nothing is waited for, and nothing remembered.
    /// </summary>
    public async Task<InstallFailure?> EnsureAsync(PythonEnvironment environment, TimeSpan limit, bool retry = false, Func<string, ValueTask>? onWaiting = null, CancellationToken cancel = default)
    {
        if (environment.IsInstalled) return null;
        if (!retry && environment.RememberedFailure(clock.GetUtcNow()) is { } known) return known;
        DateTimeOffset asked = clock.GetUtcNow();
        Directory.CreateDirectory(data.Environments);
        using var machine = await HoldMachineAsync(onWaiting, cancel);
        if (machine is null) return Failed("a run goes on, which an installation would disturb");
        if (environment.IsInstalled) return null;
        if (environment.RememberedFailure(clock.GetUtcNow()) is { } meanwhile && meanwhile.At > asked) return meanwhile;

        var failure = await InstallAsync(environment, limit, cancel);
        if (failure is null) File.Delete(environment.Failure);
        else await File.WriteAllTextAsync(environment.Failure, JsonSerializer.Serialize(failure, WobbleJson.Options), cancel);
        return failure;
    }

    private async Task<MachineLock?> HoldMachineAsync(Func<string, ValueTask>? onWaiting, CancellationToken cancel)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            return await MachineLock.AcquireAsync(machineLock, async holder =>
            {
                if (onWaiting is null) await giveUp.CancelAsync();
                else await onWaiting(holder);
            }, giveUp.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private InstallFailure Failed(string reason, bool outOfTime = false) => new(reason, clock.GetUtcNow()) { OutOfTime = outOfTime };

    private async Task<InstallFailure?> InstallAsync(PythonEnvironment environment, TimeSpan limit, CancellationToken cancel)
    {
        long end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        TimeSpan Left() => TimeSpan.FromMilliseconds(Math.Max(1, end - Environment.TickCount64));
        try
        {
            var user = UnprivilegedUser.EnsureUser();
            File.Delete(environment.Marker);
            await RemakeAsync(environment.Folder);
            await RemakeAsync(environment.Scratch);
            string requirements = Path.Combine(environment.Scratch, "requirements.txt");
            await File.WriteAllTextAsync(requirements, string.Join('\n', environment.Requirements.Select(File.ReadAllText)), cancel);
            var variables = Variables(environment.Scratch);
            await GiveAsync(environment, StackUser.Name, cancel);
            IReadOnlyList<string> AsStranger(IReadOnlyList<string> command) => InstallCommand.Of(command, environment.Folder, environment.Scratch);

            // Debian's pip, where it is installed, serves the environment as well and saves the seconds that a pip of its own takes.
            string[] pip = File.Exists("/usr/lib/python3/dist-packages/pip/__init__.py") ? ["--without-pip"] : [];
            var made = await ShortProcess.RunAsync(AsStranger([StackPrograms.Python, "-m", "venv", "--system-site-packages", .. pip, environment.Folder]), variables, Left(), cancel);
            if (!made.Succeeded) return Failed(PipErrors.OfVenv(made), made.TimedOut);
            // Without dependencies: requirements are whole and pinned, and a bound that a package puts on one that Debian has newer
            // (meinheld on greenlet) would make pip build an old one that this Python can't compile.
            var installed = await ShortProcess.RunAsync(AsStranger([environment.Python, "-m", "pip", "install", "--no-input", "--no-deps", "--progress-bar", "off", "--no-cache-dir", "-r", requirements]), variables, Left(), cancel);
            // Without namespaces nothing else ends what a package's setup left running, as far as it can be told.
            if (SandboxProbe.Reason is not null) await new StraySweep(data, user.Uid).RunAsync(environment.Scratch);
            if (!installed.Succeeded) return Failed(PipErrors.Of(installed, limit), installed.TimedOut);
            await GiveAsync(environment, "root", cancel);
            await File.WriteAllTextAsync(environment.Marker, clock.GetUtcNow().ToString("O", System.Globalization.CultureInfo.InvariantCulture), cancel);
            await RemoveAsync(FormerOf(environment));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(e.Message.TrimEnd('.'));
        }
        finally
        {
            // What can't be removed now is removed before the next attempt.
            await RemoveAsync(environment.IsInstalled ? [environment.Scratch] : [environment.Folder, environment.Scratch]);
        }
    }

    /// <summary>Removes what an installation that was killed left, environments that are not whole, and those of builds that named them without a dot. Only with the machine's lock.</summary>
    public static async Task<IReadOnlyList<string>> RemoveLeftAsync(DataFolder data)
    {
        if (!Directory.Exists(data.Environments)) return [];
        List<string> left = [.. Directory.EnumerateDirectories(data.Environments).Where(folder => Path.GetFileName(folder) is var name && OwnFolder.IsMatch(name)
            && (!new PythonEnvironment(folder, []).IsInstalled || !name.Contains('.', StringComparison.Ordinal)))];
        return left.Count > 0 && await RemoveAsync(left) ? left : [];
    }

    // Those of the same name that other requirements, or another Python, had.
    private List<string> FormerOf(PythonEnvironment environment)
    {
        string own = Path.GetFileName(environment.Folder), name = own[..^HashLength];
        return [.. Directory.EnumerateFileSystemEntries(data.Environments, name + "*").Where(path => Path.GetFileName(path) is var entry
            && !entry.StartsWith(own, StringComparison.Ordinal) && OfAnEnvironment.IsMatch(entry[name.Length..]))];
    }

    [GeneratedRegex(@"^[0-9a-f]{12}(\.(installed|failed|build))?$")]
    private static partial Regex OfAnEnvironment { get; }

    [GeneratedRegex(@"^.+-[0-9a-f]{12}(\.build)?$")]
    private static partial Regex OwnFolder { get; }

    /// <summary>pip's own settings reach it: its variables, those of proxies and certificates, and the configuration files that the unprivileged user can't see.</summary>
    private static Dictionary<string, string> Variables(string scratch)
    {
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = scratch,
            ["TMPDIR"] = scratch,
            ["LANG"] = "C.UTF-8",
            ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1",
            ["PIP_RETRIES"] = "1",
            [StraySweep.Marker] = scratch,
        };
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (name.StartsWith("PIP_", StringComparison.Ordinal) || PassedOn.Contains(name)) variables[name] = (string?)variable.Value ?? "";
        }
        if (!variables.ContainsKey("PIP_CONFIG_FILE") && UserConfiguration() is { } configuration)
        {
            string copy = Path.Combine(scratch, "pip.conf");
            File.Copy(configuration, copy);
            variables["PIP_CONFIG_FILE"] = copy;
        }
        return variables;
    }

    private static string? UserConfiguration()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string settings = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(home, ".config");
        return new[] { Path.Combine(settings, "pip", "pip.conf"), Path.Combine(home, ".pip", "pip.conf") }.FirstOrDefault(File.Exists);
    }

    private static async Task RemakeAsync(string folder)
    {
        if (!await RemoveAsync([folder])) throw new IOException($"{folder} can't be removed");
        Directory.CreateDirectory(folder);
    }

    // By rm: a package's setup owned the folder, and no link that appears in it while it goes leads rm elsewhere.
    private static async Task<bool> RemoveAsync(List<string> paths) =>
        paths.Count == 0 || (await ShortProcess.RunAsync(["/usr/bin/rm", "--recursive", "--force", "--", .. paths], new Dictionary<string, string>(), RemovingLimit)).Succeeded;

    private static async Task GiveAsync(PythonEnvironment environment, string owner, CancellationToken cancel)
    {
        if (!StackUser.IsNeeded) return;
        var given = await ShortProcess.RunAsync(["/usr/bin/chown", "--recursive", "--no-dereference", $"{owner}:{owner}", environment.Folder, environment.Scratch], new Dictionary<string, string>(), TimeSpan.FromSeconds(30), cancel);
        if (!given.Succeeded) throw new IOException($"{environment.Folder} can't be given to {owner}: {given.Output.Trim()}");
    }
}
