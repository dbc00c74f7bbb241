using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>How long all runs of a form take together.</summary>
/// <param name="Total">Null when a number of requests is measured and nothing is known of the target's throughput.</param>
/// <param name="Segments">Seconds of what is measured and of the rest in turn, for a bar.</param>
/// <param name="Says">How it comes about.</param>
public sealed record TimePlan(TimeSpan? Total, IReadOnlyList<(double Seconds, bool IsMeasured)> Segments, string Says)
{
    /// <summary>The most runs that are drawn one by one.</summary>
    private const int Drawn = 24;

    /// <summary>Of these definitions; <paramref name="last"/> gives the throughput to expect.</summary>
    public static TimePlan Of(IReadOnlyList<Definition> definitions, IReadOnlyDictionary<string, RunRow> last)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        ArgumentNullException.ThrowIfNull(last);
        if (definitions.Count == 0) return new TimePlan(null, [], "Choose a target first.");
        var each = definitions.Select(d => (Definition: d, Measured: RunTimes.Measured(d, last.GetValueOrDefault(d.Target)?.Throughput))).ToList();
        if (each.FirstOrDefault(e => e.Measured is null) is { Definition: { } unknown })
            return new TimePlan(null, [], unknown.Stages is not null ? "That depends on the stages." : $"That depends on how fast {unknown.Target} answers, which nobody has measured here yet.");
        var segments = each.SelectMany(e => Enumerable.Repeat(((double, bool)[])[(Rest(e.Definition).TotalSeconds, false), (e.Measured!.Value.TotalSeconds, true)], Times(e.Definition)).SelectMany(s => s)).ToList();
        var total = TimeSpan.FromSeconds(segments.Sum(s => s.Item1));
        if (segments.Count > Drawn * 2) segments = [(segments.Where(s => !s.Item2).Sum(s => s.Item1), false), (segments.Where(s => s.Item2).Sum(s => s.Item1), true)];
        return new TimePlan(total, segments, Sum(definitions, each[0].Measured!.Value));
    }

    private static int Times(Definition definition) => Math.Clamp(definition.Repetitions, 1, DefinitionRules.MaxRepetitions);

    private static TimeSpan Rest(Definition definition) => definition.Warmup + RunTimes.StartAndStop;

    private static string Sum(IReadOnlyList<Definition> definitions, TimeSpan measured)
    {
        var one = definitions[0];
        string runs = $"{DefinitionWords.Span(one.Warmup)} warm-up, {RunTimes.About(measured)} measured, about {RunTimes.StartAndStop.TotalSeconds:0} s to start and stop";
        string targets = definitions.Count > 1 ? $"{Numbers.Count(definitions.Count)} targets × " : "";
        string times = Times(one) > 1 ? $"{Numbers.Count(Times(one))} repetitions × " : "";
        return targets.Length + times.Length > 0 ? $"{targets}{times}({runs})." : $"{runs}.";
    }
}
