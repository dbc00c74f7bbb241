using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class ExecuteCommand
{
    public static Command Create() => new("execute", "Reads a plan on stdin, runs it in a sandbox, writes facts on stdout.");
}
