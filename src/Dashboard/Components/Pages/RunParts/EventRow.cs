using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Live;
using Wobble.Results.Facts;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>How an event is marked.</summary>
internal enum EventMark
{
    Plain,
    Doubt,
    Bad,
}

/// <summary>A line among the events.</summary>
/// <param name="Second">Seconds since the measurement began; null when it never did.</param>
/// <param name="At">Wall clock.</param>
/// <param name="Who">The component, or several.</param>
/// <param name="Text">What happened.</param>
/// <param name="Mark">Red with ✕, hatched, or plain.</param>
internal sealed record EventRow(double? Second, DateTimeOffset At, string Who, string Text, EventMark Mark);

/// <summary>Events as a person reads them: components that start one after another, and stop so, are one line. Pure.</summary>
internal static class EventRows
{
    private static readonly HashSet<string> Bad = [EventKinds.Crashed, EventKinds.Killed, EventKinds.LeftOrphans, EventKinds.DescriptorsExhausted, EventKinds.Failed];
    private static readonly HashSet<string> Doubt = [EventKinds.Warning, EventKinds.Restarted, EventKinds.Provoked];

    public static IReadOnlyList<EventRow> Of(RunPicture run)
    {
        var rows = new List<EventRow>();
        var events = run.Events;
        for (int i = 0; i < events.Count;)
        {
            int together = Together(events, i, EventKinds.Started, EventKinds.Ready);
            if (together > 1)
            {
                rows.Add(Starting(run, [.. events.Skip(i).Take(together)]));
                i += together;
                continue;
            }
            together = Together(events, i, EventKinds.Stopped);
            var e = events[i];
            if (together > 1)
            {
                rows.Add(new EventRow(SecondOf(run, events[i + together - 1]), events[i + together - 1].At, "stack", $"{Names(events.Skip(i).Take(together))} stopped when asked", EventMark.Plain));
                i += together;
                continue;
            }
            rows.Add(new EventRow(SecondOf(run, e), e.At, e.Component, e.Text.TrimEnd('.'), Bad.Contains(e.Kind) ? EventMark.Bad : Doubt.Contains(e.Kind) ? EventMark.Doubt : EventMark.Plain));
            i++;
        }
        return rows;
    }

    private static EventRow Starting(RunPicture run, List<RunEvent> events)
    {
        var last = events[^1];
        var ready = events.Where(e => e.Kind == EventKinds.Ready).ToList();
        string took = Numbers.Three((last.At - (run.Run.StartedAt ?? events[0].At)).TotalSeconds);
        return ready.Count == 0
            ? new EventRow(SecondOf(run, last), last.At, "stack", $"{Names(events)} started", EventMark.Plain)
            : new EventRow(SecondOf(run, last), last.At, "stack", $"{Names(ready)} ready after {took} s", EventMark.Plain);
    }

    private static int Together(IReadOnlyList<RunEvent> events, int from, params string[] kinds)
    {
        int to = from;
        while (to < events.Count && kinds.Contains(events[to].Kind)) to++;
        return to - from;
    }

    private static string Names(IEnumerable<RunEvent> events)
    {
        var names = events.Select(e => e.Component).Distinct().ToList();
        return names.Count > 6 ? $"{string.Join(", ", names.Take(5))} and {names.Count - 5} more" : string.Join(", ", names);
    }

    private static double? SecondOf(RunPicture run, RunEvent e) => e.Second ?? (run.Run.MeasuringAt is { } began ? (e.At - began).TotalSeconds : null);
}
