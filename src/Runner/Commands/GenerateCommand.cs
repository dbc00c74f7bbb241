using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class GenerateCommand
{
    public static Command Create() => new("generate", "The load generator: reads a load plan on stdin, writes facts on stdout.");
}
