using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Catalog;

/// <summary>What is here, what is missing, and what to do about it. A default run can work when no finding is an error.</summary>
internal static class Doctor
{
    private const long EnoughDiskMb = 1024;
    private const long EnoughOpenFiles = 4096;
    private const int EnoughSomaxconn = 2048;

    /// <summary>The oldest that has the fixes which docs/advisories.md lists.</summary>
    internal static readonly Version SafeRuntime = new(10, 0, 15);

    // Clocks that are read without a system call, or that a hypervisor offers in their place.
    private static readonly string[] GoodClocks = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"];

    public static IReadOnlyList<Finding> Examine(Catalogue catalogue, MachineFacts machine, DataFolder data) =>
    [
        new Finding("machine", Grade.Ok, string.Create(CultureInfo.InvariantCulture, $"{machine.System}, {machine.Cores} cores, {machine.MemoryMb} MB")),
        Runtime(machine),
        .. catalogue.Parts.Select(Of),
        .. Targets(catalogue),
        .. catalogue.Broken.Select(b => new Finding("manifest", Grade.Warning, $"{b.File}: {(b.Key.Length == 0 ? "" : b.Key + " ")}{b.Reason}")),
        Sandbox(machine),
        Users(machine),
        Folder(data),
        Disk(data),
        OpenFiles(machine),
        Backlog(machine),
        Clock(machine),
        Governor(machine),
        Cores(machine),
    ];

    private static Finding Runtime(MachineFacts machine) => machine.Runtime >= SafeRuntime
        ? new Finding(".NET", Grade.Ok, $"{machine.Runtime}")
        : new Finding(".NET", Grade.Warning, $"{machine.Runtime} lacks fixes of known flaws (docs/advisories.md)", $"install the runtime of {SafeRuntime} or newer, and start Wobble again");

    private static Finding Of(Part part)
    {
        if (part.Missing is null) return new Finding(part.Name, Grade.Ok, part.Version!);
        bool isNeeded = part.Name != "bubblewrap";
        return new Finding(part.Name, isNeeded ? Grade.Error : Grade.Warning, part.Missing.Split(": ")[0], part.Missing.Split(": ")[^1]);
    }

    private static IEnumerable<Finding> Targets(Catalogue catalogue)
    {
        int available = catalogue.Targets.Count(t => t.Unavailable is null);
        yield return new Finding("targets", available == 0 ? Grade.Error : Grade.Ok, string.Create(CultureInfo.InvariantCulture, $"{available} of {catalogue.Targets.Count} can run"));
        foreach (var reason in catalogue.Targets.Where(t => t.Unavailable is not null).GroupBy(t => t.Unavailable!))
            yield return new Finding("targets", Grade.Warning, $"{string.Join(", ", reason.Select(t => t.Name))}: {reason.Key}");
    }

    private static Finding Sandbox(MachineFacts machine) => machine.SandboxRefused is null
        ? new Finding("sandbox", Grade.Ok, "bubblewrap may make namespaces")
        : new Finding("sandbox", Grade.Warning, $"none, because {machine.SandboxRefused}: stacks run as plain processes, and each run warns of it");

    private static Finding Users(MachineFacts machine)
    {
        const string remedy = "allow namespaces, or give Wobble a machine of its own";
        if (!machine.IsRoot)
        {
            return machine.SandboxRefused is null
                ? new Finding("users", Grade.Ok, $"everything runs as {Environment.UserName}")
                : new Finding("users", Grade.Warning, $"everything runs as {Environment.UserName}, and no sandbox is to be had: an app can read Wobble's token, keys and database, and all of this user's home folder", remedy);
        }
        // An app that breaks out of its user would find nothing in its way.
        if (machine.SandboxRefused is not null) return new Finding("users", Grade.Warning, "run as root where no sandbox is to be had: only its user wobble-run keeps an app from the machine", remedy);
        return machine.MissingUsers.Count == 0
            ? new Finding("users", Grade.Ok, "run as root: stacks as wobble-run, the Dashboard and the database as wobble; the Runner stays root, for the priority of measurements")
            : new Finding("users", Grade.Warning, $"not there yet: {string.Join(", ", machine.MissingUsers)}; ./run and the first run make them");
    }

    private static Finding Folder(DataFolder data)
    {
        string? existing = data.Root;
        while (existing is not null && !Directory.Exists(existing)) existing = Path.GetDirectoryName(existing);
        try
        {
            string probe = Path.Combine(existing ?? "/", $".wobble-probe-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding("data folder", Grade.Error, $"{data.Root} can't be written: {e.Message}", "name another with --data DIR");
        }
        if (data.Strange is { } strange)
            return new Finding("data folder", Grade.Error, $"{data.Root} is not Wobble's: it holds '{strange}', and nothing that Wobble made", "name an empty or a new folder with --data DIR");
        if (StackUser.IsNeeded && StackUser.Exists && !CanEnter(existing ?? "/"))
            return new Finding("data folder", Grade.Error, $"the user {StackUser.Name}, who runs the stack, can't enter {existing}", "name another with --data DIR, or let all enter the folders above it (chmod a+x)");
        return new Finding("data folder", Grade.Ok, existing == data.Root ? data.Root : $"{data.Root} (not there yet)");
    }

    private static bool CanEnter(string folder) =>
        ShortProcess.RunAsync(StackUser.Command(["/usr/bin/test", "-x", folder]), new Dictionary<string, string>(), TimeSpan.FromSeconds(2)).GetAwaiter().GetResult().Succeeded;

    internal static Finding Disk(DataFolder data, long? freeMb = null)
    {
        try
        {
            string? existing = data.Root;
            while (existing is not null && !Directory.Exists(existing)) existing = Path.GetDirectoryName(existing);
            long free = freeMb ?? new DriveInfo(existing ?? "/").AvailableFreeSpace / (1024 * 1024);
            string text = string.Create(CultureInfo.InvariantCulture, $"{free} MB free at {existing}");
            return free >= EnoughDiskMb ? new Finding("disk", Grade.Ok, text) : new Finding("disk", Grade.Error, string.Create(CultureInfo.InvariantCulture, $"{text}, {EnoughDiskMb} are needed for the benchmark's database and the build"), "make room, or name another folder with --data DIR");
        }
        catch (IOException e)
        {
            return new Finding("disk", Grade.Warning, $"free space is unknown: {e.Message}");
        }
    }

    private static Finding OpenFiles(MachineFacts machine) => machine.OpenFiles is { } files && files < EnoughOpenFiles
        ? new Finding("open files", Grade.Warning, string.Create(CultureInfo.InvariantCulture, $"at most {files} a process: a load of more than {files / 4} connections will run out"), $"as root, raise it in /etc/security/limits.conf ({Environment.UserName} hard nofile {EnoughOpenFiles * 16}) and sign in again, or for a service by LimitNOFILE={EnoughOpenFiles * 16}")
        : new Finding("open files", Grade.Ok, machine.OpenFiles is { } enough ? string.Create(CultureInfo.InvariantCulture, $"at most {enough} a process") : "no limit");

    // The sandbox has a network of its own, with the kernel's usual backlog.
    private static Finding Backlog(MachineFacts machine) => machine.SandboxRefused is null
        ? new Finding("backlog", Grade.Ok, "net.core.somaxconn is the sandbox's own")
        : machine.Somaxconn is { } most && most < EnoughSomaxconn
        ? new Finding("backlog", Grade.Warning, string.Create(CultureInfo.InvariantCulture, $"net.core.somaxconn is {most}: uWSGI refuses its default of {EnoughSomaxconn} (give --option backlog={most})"), $"sysctl -w net.core.somaxconn={EnoughSomaxconn * 2}")
        : new Finding("backlog", Grade.Ok, string.Create(CultureInfo.InvariantCulture, $"net.core.somaxconn {machine.Somaxconn?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}"));

    private static Finding Clock(MachineFacts machine) => machine.ClockSource switch
    {
        null => new Finding("clock", Grade.Warning, "the kernel doesn't say which clock it uses"),
        { } clock when GoodClocks.Contains(clock) => new Finding("clock", Grade.Ok, clock),
        { } clock => new Finding("clock", Grade.Warning, $"{clock} needs a system call for each reading, which costs every request of the generator"),
    };

    private static Finding Governor(MachineFacts machine)
    {
        if (machine.Governors.Count == 0) return new Finding("governor", Grade.Ok, "the kernel shows none, as in a virtual machine");
        string governors = string.Join(", ", machine.Governors);
        return machine.Governors is ["performance"]
            ? new Finding("governor", Grade.Ok, governors)
            : new Finding("governor", Grade.Warning, $"{governors}: the cores' frequency follows the load, and so do latencies", "cpupower frequency-set -g performance");
    }

    private static Finding Cores(MachineFacts machine) => machine.Cores switch
    {
        1 => new Finding("cores", Grade.Warning, "one: the load generator and the whole stack share it"),
        2 => new Finding("cores", Grade.Warning, "two: the load generator has none of its own and takes from the stack what it needs"),
        _ => new Finding("cores", Grade.Ok, string.Create(CultureInfo.InvariantCulture, $"{machine.Cores}: the last is the load generator's own")),
    };
}
