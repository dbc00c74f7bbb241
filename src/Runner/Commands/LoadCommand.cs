using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class LoadCommand
{
    public static Command Create() => new("load", "Loads a URL, as wrk does.");
}
