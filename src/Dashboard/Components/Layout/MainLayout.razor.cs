using System.Reflection;
using Microsoft.AspNetCore.Components;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>The frame of every page: bar, ruler, content, foot. Holds MudBlazor's four providers, once.</summary>
public sealed partial class MainLayout
{
    private static readonly string Version =
        typeof(MainLayout).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion is { } v ? Short(v) : "";

    [Inject] private NavigationManager Navigation { get; set; } = default!;

    [CascadingParameter] private Viewer? Viewer { get; set; }

    // A bare #content would lead to the base address, as every relative link does.
    private string SkipLink => "/" + Navigation.ToBaseRelativePath(Navigation.Uri).Split('#')[0] + "#content";

    private static string Short(string version)
    {
        int plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus > 0 && version.Length > plus + 8 ? version[..(plus + 8)] : version;
    }
}
