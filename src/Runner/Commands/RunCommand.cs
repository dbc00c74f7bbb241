using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class RunCommand
{
    public static Command Create() => new("run", "Runs one target and prints its result.");
}
