namespace Wobble.Dashboard.Hosting;

/// <summary>A setting that isn't allowed: the message names it, its value and what is. Starting again wouldn't help.</summary>
internal sealed class SettingException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the process answers then; <c>wobble up</c> gives up on it.</summary>
    public const int ExitCode = 2;
}
