using System.Globalization;

namespace Wobble.Dashboard.Components.Controls;

/// <summary>How much of a moment is said.</summary>
public enum TimeShape
{
    /// <summary>14:02 today, yesterday 18:40, 24 November 14:02.</summary>
    Short,
    /// <summary>24 November 14:02; with the year when it is another one.</summary>
    Long,
    /// <summary>14:02:31</summary>
    Clock,
    /// <summary>14:02, where the day stands beside.</summary>
    OfDay,
}

/// <summary>Moments in the viewer's zone. While the zone isn't known they are UTC and say so.</summary>
internal static class LocalTimes
{
    public static string Write(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo? zone, TimeShape shape)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone ?? TimeZoneInfo.Utc);
        var today = TimeZoneInfo.ConvertTime(now, zone ?? TimeZoneInfo.Utc);
        string label = zone is null ? " UTC" : "";
        string time = local.ToString(shape == TimeShape.Clock ? "HH:mm:ss" : "HH:mm", CultureInfo.InvariantCulture) + label;
        if (shape is TimeShape.Clock or TimeShape.OfDay) return time;
        int days = (today.Date - local.Date).Days;
        if (shape == TimeShape.Short && days == 0) return time;
        if (shape == TimeShape.Short && days == 1) return "yesterday " + time;
        return local.ToString(local.Year == today.Year ? "d MMMM" : "d MMMM yyyy", CultureInfo.InvariantCulture) + " " + time;
    }

    public static string Full(DateTimeOffset at, TimeZoneInfo? zone)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone ?? TimeZoneInfo.Utc);
        string offset = local.Offset == TimeSpan.Zero ? "UTC" : "UTC" + (local.Offset < TimeSpan.Zero ? "−" : "+") + local.Offset.ToString(@"h\:mm", CultureInfo.InvariantCulture);
        return local.ToString("d MMMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " " + offset;
    }
}
