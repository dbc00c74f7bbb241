using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class TargetsCommand
{
    public static Command Create() => new("targets", "Lists the targets, their versions, and what is missing and why.");
}
