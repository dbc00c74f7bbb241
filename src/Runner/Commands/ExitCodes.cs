namespace Wobble.Runner.Commands;

/// <summary>What the process answers, the same for every command; the help lists them.</summary>
internal static class ExitCodes
{
    /// <summary>Completed, and not invalid.</summary>
    public const int Ok = 0;
    /// <summary>Wobble itself failed.</summary>
    public const int Error = 1;
    /// <summary>The input is not allowed; nothing was started.</summary>
    public const int BadInput = 2;
    /// <summary>The run failed: the stack did not start, or fell over.</summary>
    public const int Failed = 3;
    /// <summary>The run completed, but is invalid.</summary>
    public const int Invalid = 4;
    /// <summary>The run is sound or doubtful, but missed a --fail-if.</summary>
    public const int FailIf = 5;
    /// <summary>An experiment isn't complete: its --budget is used up, or a Runner goes on with it.</summary>
    public const int Unfinished = 6;
    /// <summary>Cancelled (Ctrl-C, SIGTERM).</summary>
    public const int Cancelled = 130;
}
