using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Wobble.Dashboard.Api.Downloads.Offline;

/// <summary>Renders a page as one HTML file: styles inside, no script, nothing loaded. Razor encodes every text.</summary>
internal static partial class OfflineFile
{
    private static readonly string[] Sheets = ["css/wobble.css", "css/charts.css", "css/experiments.css"];

    public static Task<string> RenderAsync(IServiceProvider services, OfflineFacts facts) => RenderAsync<OfflineRun>(services, new() { [nameof(OfflineRun.Facts)] = facts });

    /// <summary>Renders a component that is a whole document; it is given its parameters and <c>Styles</c>.</summary>
    public static async Task<string> RenderAsync<TDocument>(IServiceProvider services, Dictionary<string, object?> parameters) where TDocument : IComponent
    {
        parameters[nameof(OfflineRun.Styles)] = await StylesAsync(services.GetRequiredService<IWebHostEnvironment>());
        await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TDocument>(ParameterView.FromDictionary(parameters))).ToHtmlString());
    }

    private static async Task<string> StylesAsync(IWebHostEnvironment host)
    {
        var parts = new List<string>();
        foreach (string sheet in Sheets)
        {
            await using var stream = host.WebRootFileProvider.GetFileInfo(sheet).CreateReadStream();
            using var reader = new StreamReader(stream);
            parts.Add(Fonts().Replace(await reader.ReadToEndAsync(), ""));
        }
        return string.Join('\n', parts);
    }

    // Fonts lie in files of their own; the system's take their place.
    [GeneratedRegex(@"@font-face\s*\{[^}]*\}")]
    private static partial Regex Fonts();
}
