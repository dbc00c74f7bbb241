using System.Globalization;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Runs;

/// <summary>A page of runs by the day they were asked for, in the viewer's zone.</summary>
internal static class RunDays
{
    public static IReadOnlyList<(string Title, IReadOnlyList<RunRow> Rows)> Of(IReadOnlyList<RunRow> rows, DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        return [.. rows.GroupBy(r => TimeZoneInfo.ConvertTime(r.CreatedAt, zone).Date).Select(day => (Title(day.Key, today), (IReadOnlyList<RunRow>)[.. day]))];
    }

    private static string Title(DateTime day, DateTime today)
    {
        string date = day.ToString(day.Year == today.Year ? "dddd, d MMMM" : "d MMMM yyyy", CultureInfo.InvariantCulture);
        string plain = day.ToString("d MMMM", CultureInfo.InvariantCulture);
        return (today - day).Days switch { 0 => $"Today, {plain}", 1 => $"Yesterday, {plain}", _ => date };
    }
}
