using Wobble.Runner.Commands;

namespace Wobble.Runner.Hosting;

/// <summary>Wobble can't start or go on, for a reason its user can do something about; the message says what.</summary>
internal sealed class HostingException(string message, int exitCode = ExitCodes.Error) : Exception(message)
{
    /// <summary>What the process answers.</summary>
    public int ExitCode { get; } = exitCode;
}
