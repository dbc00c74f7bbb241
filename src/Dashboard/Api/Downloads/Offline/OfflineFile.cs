using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Wobble.Dashboard.Api.Downloads.Offline;

/// <summary>Renders a run as one HTML file: styles inside, no script, nothing loaded. Razor encodes every text of a run.</summary>
internal static partial class OfflineFile
{
    private static readonly string[] Sheets = ["css/wobble.css", "css/charts.css"];

    public static async Task<string> RenderAsync(IServiceProvider services, OfflineFacts facts)
    {
        string styles = await StylesAsync(services.GetRequiredService<IWebHostEnvironment>());
        await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(OfflineRun.Facts)] = facts, [nameof(OfflineRun.Styles)] = styles });
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<OfflineRun>(parameters)).ToHtmlString());
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
