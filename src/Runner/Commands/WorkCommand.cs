using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class WorkCommand
{
    public static Command Create() => new("work", "The Runner: takes queued runs and records them.");
}
