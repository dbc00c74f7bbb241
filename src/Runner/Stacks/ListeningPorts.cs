using System.Globalization;

namespace Wobble.Runner.Stacks;

/// <summary>TCP ports that someone listens on, in this network namespace.</summary>
internal static class ListeningPorts
{
    private const string Listen = "0A";

    /// <summary>True when a socket listens on it, whatever the address.</summary>
    public static bool Contains(int port)
    {
        string hexPort = port.ToString("X4", CultureInfo.InvariantCulture);
        return ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Any(file => File.Exists(file) && Lines(file).Any(line => IsListener(line, hexPort)));
    }

    private static IEnumerable<string> Lines(string file) => File.ReadLines(file).Skip(1);

    // "  0: 0100007F:1F40 00000000:0000 0A …": slot, local address, remote address, state.
    private static bool IsListener(string line, string hexPort)
    {
        string[] fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 3 && fields[3] == Listen && fields[1].EndsWith(":" + hexPort, StringComparison.Ordinal);
    }
}
