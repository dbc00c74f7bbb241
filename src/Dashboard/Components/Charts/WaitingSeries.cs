using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Live;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>Clients that wait in the pooler for a server connection, asked once a second. Pure.</summary>
internal static class WaitingSeries
{
    private const int Height = 160;

    public static ChartModel Of(IReadOnlyList<RunPoint> points, double total)
    {
        int greatest = points.Max(p => p.Waiting) ?? 0;
        var options = new ApexChartOptions
        {
            Chart = new ApexChartChart("line", Height),
            Xaxis = ChartParts.Seconds(total),
            Yaxis = [ChartParts.FromZero(Math.Max(greatest, 4))],
            Stroke = new ApexStroke([1.5], [0]),
            Colors = ["--ink"],
            Tooltip = new ApexTooltip { Y = new ApexTooltipY("format:count") },
        };
        var data = points.Select(p => (double?[])[ChartParts.Middle(p.From, p.Length), p.Waiting]).ToList();
        return new ChartModel(options, [new ApexSeries("clients that wait", "line", data) { Label = "clients", Strong = true }],
            greatest == 0 ? "Clients that wait in the pooler: none in any second" : $"Clients that wait in the pooler, {Numbers.Count(greatest)} at most");
    }
}
