using System.Globalization;

namespace Wobble.Results.Domain;

/// <summary>When something recurs: a time of day, on all or some days of the week, in a time zone.</summary>
public static class RecurrenceRules
{
    private static readonly string[] Names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>Days as they are written, Monday first.</summary>
    public static IReadOnlyList<string> DayNames { get; } = [.. Names[1..], Names[0]];

    /// <summary>Reads <c>02:30</c>.</summary>
    public static bool TryTime(string? text, out TimeOnly time) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    /// <summary>Reads days such as <c>mon</c>, <c>thu</c>; all seven, or none, is every day, written as the empty text. False when one isn't a day.</summary>
    public static bool TryDays(IEnumerable<string> days, out string written)
    {
        ArgumentNullException.ThrowIfNull(days);
        // JSON may have a null among them.
        var wanted = days.Select(d => (d ?? "null").Trim().ToLowerInvariant()).ToHashSet();
        written = string.Join(',', DayNames.Where(wanted.Contains));
        if (wanted.Count == DayNames.Count && wanted.IsSubsetOf(DayNames)) written = "";
        return wanted.IsSubsetOf(DayNames);
    }

    /// <summary>Finds a zone by its IANA name.</summary>
    public static bool TryZone(string? name, out TimeZoneInfo zone)
    {
        zone = TimeZoneInfo.Utc;
        return name is { Length: > 0 and <= 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone!);
    }

    /// <summary>As cron writes it: minute, hour, any day of the month, any month, days of the week.</summary>
    public static string Cron(TimeOnly at, string days) => string.Create(CultureInfo.InvariantCulture, $"{at.Minute} {at.Hour} * * {(string.IsNullOrEmpty(days) ? "*" : days.ToUpperInvariant())}");

    /// <summary>The next time after a moment. A time that the clocks skip comes when they have moved on; one that they pass twice comes the first time.</summary>
    public static DateTimeOffset Next(TimeOnly at, string days, TimeZoneInfo zone, DateTimeOffset after)
    {
        ArgumentNullException.ThrowIfNull(days);
        ArgumentNullException.ThrowIfNull(zone);
        string[] wanted = days.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(after, zone).DateTime);
        for (int day = 0; ; day++)
        {
            var date = today.AddDays(day);
            if (wanted.Length > 0 && !wanted.Contains(Names[(int)date.DayOfWeek])) continue;
            var moment = Moment(date.ToDateTime(at), zone);
            if (moment > after) return moment;
        }
    }

    /// <summary>For people: "every day at 02:30", "on mon and thu at 02:30".</summary>
    public static string Words(TimeOnly at, string days)
    {
        ArgumentNullException.ThrowIfNull(days);
        string[] wanted = days.Split(',', StringSplitOptions.RemoveEmptyEntries);
        string on = wanted.Length == 0 ? "every day" : "on " + (wanted.Length == 1 ? wanted[0] : $"{string.Join(", ", wanted[..^1])} and {wanted[^1]}");
        return $"{on} at {at.ToString("HH:mm", CultureInfo.InvariantCulture)}";
    }

    private static DateTimeOffset Moment(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
