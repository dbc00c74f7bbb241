using System.CommandLine;

namespace Wobble.Runner.Commands;

internal static class DoctorCommand
{
    public static Command Create() => new("doctor", "Says what is here, what is missing, and what to do about it.");
}
