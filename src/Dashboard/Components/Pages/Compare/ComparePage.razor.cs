namespace Wobble.Dashboard.Components.Pages.Compare;

internal static class ComparePage { public static string Address(IEnumerable<string> slugs) => "/compare?" + string.Join('&', slugs.Select(s => "r=" + s)); }
