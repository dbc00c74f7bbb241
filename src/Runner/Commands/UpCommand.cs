using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class UpCommand
{
    public static Command Create() => new("up", "Starts and watches all of Wobble: database, Runner and Dashboard.");
}
