namespace Wobble.Results.Domain;

/// <summary>Ways to make a target fall on purpose, to see what it does then.</summary>
public static class Provocations
{
    /// <summary>Its first process gets SIGKILL in the third measured second.</summary>
    public const string KillMaster = "kill-master";
    /// <summary>Its busiest worker gets SIGKILL in the third measured second (where it has no workers of its own: one of its processes).</summary>
    public const string KillWorker = "kill-worker";
    /// <summary>It is asked to stop in the third measured second, as at a restart.</summary>
    public const string StopLoaded = "stop-loaded";
    /// <summary>Each of its processes may open <see cref="Files"/> files.</summary>
    public const string FewFiles = "few-files";
    /// <summary>Its app can't be imported.</summary>
    public const string BrokenApp = "broken-app";

    /// <summary>Files of <see cref="FewFiles"/>: enough for a worker that has one connection at a time, too few for one that takes half of a hundred.</summary>
    public const int Files = 48;
    /// <summary>Whole measured seconds before a kill or a stop.</summary>
    public const int After = 2;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [KillMaster, KillWorker, StopLoaded, FewFiles, BrokenApp];
}
