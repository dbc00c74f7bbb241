using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.Keeping;

/// <summary>What the folders of a data folder are called.</summary>
internal static class DataFolderWords
{
    /// <summary>The words for a folder's name; the name itself when it is of a newer Runner.</summary>
    public static string Of(string part) => part switch
    {
        "app" => "Builds of Wobble",
        "benchmark" => "The benchmark’s database",
        "database" => "Wobble’s own PostgreSQL",
        "environments" => "Python environments",
        "journals" => "Journals",
        "logs" => "Logs",
        "runs" => "Left folders of runs",
        DataFolderPart.Rest => "The rest: keys, runtime",
        _ => part,
    };
}
