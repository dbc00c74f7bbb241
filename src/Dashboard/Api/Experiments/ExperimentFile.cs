using Wobble.Dashboard.Api.Downloads.Offline;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api.Experiments;

/// <summary>Renders an experiment as one HTML file: styles inside, no script, nothing loaded.</summary>
internal static class ExperimentFile
{
    public static Task<string> RenderAsync(IServiceProvider services, ExperimentShown shown, string url) =>
        OfflineFile.RenderAsync<OfflineExperiment>(services, new() { [nameof(OfflineExperiment.Shown)] = shown, [nameof(OfflineExperiment.Url)] = url });
}
