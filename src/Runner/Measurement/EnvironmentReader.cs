using System.Globalization;
using System.Runtime.InteropServices;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Measurement;

/// <summary>The machine as a run finds it. Read outside the sandbox, which shows no /sys.</summary>
internal static class EnvironmentReader
{
    public static RunEnvironment Read(IReadOnlyDictionary<string, string> versions, string wobble, string? noSandbox, UnprivilegedUser user)
    {
        string cpuinfo = ReadFile("/proc/cpuinfo") ?? "";
        var allowed = Cores.Allowed();
        return new RunEnvironment
        {
            Host = Environment.MachineName,
            Cpu = ValueOf(cpuinfo, "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Cores = Environment.ProcessorCount,
            CoresOfMachine = CountLines(cpuinfo, "processor"),
            MemoryMb = Memory("MemTotal"),
            MemoryAvailableMb = Memory("MemAvailable"),
            Kernel = ReadFile("/proc/sys/kernel/osrelease") ?? "unknown",
            System = ValueOf(ReadFile("/etc/os-release") ?? "", "PRETTY_NAME", '=')?.Trim('"') ?? "unknown",
            Governor = ReadFile("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            ClockSource = ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            Virtual = (ValueOf(cpuinfo, "flags") ?? "").Split(' ').Contains("hypervisor"),
            Sandbox = noSandbox is null ? "bubblewrap" : $"none, because {noSandbox}",
            GeneratorPlace = Place(allowed),
            LoadAverage = double.TryParse((ReadFile("/proc/loadavg") ?? "").Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double load) ? load : 0,
            User = user.Name,
            Versions = versions,
            Wobble = wobble,
        };
    }

    private static string Place(IReadOnlyList<int> allowed) =>
        allowed.Count >= 3 ? string.Create(CultureInfo.InvariantCulture, $"core {allowed[^1]}, its own") : string.Create(CultureInfo.InvariantCulture, $"core {allowed[^1]}, shared with the stack");

    private static long Memory(string name) =>
        ValueOf(ReadFile("/proc/meminfo") ?? "", name) is { } text && long.TryParse(text.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long kb) ? kb / 1024 : 0;

    private static string? ValueOf(string text, string name, char separator = ':') =>
        text.Split('\n').Select(line => line.Split(separator, 2)).FirstOrDefault(pair => pair.Length == 2 && pair[0].Trim() == name)?[1].Trim();

    private static int CountLines(string text, string name) => text.Split('\n').Count(line => line.Split(':')[0].Trim() == name);

    private static string? ReadFile(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
