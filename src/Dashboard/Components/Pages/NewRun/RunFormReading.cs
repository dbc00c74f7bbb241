using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>
/// What a form asks for: a definition for each target, and all that is wrong, field by field. Guarantees: without errors every definition can be
/// queued on the catalogue's runner; a field that isn't in use (the rate of a closed loop) is not looked at.
/// </summary>
public sealed record RunFormReading(IReadOnlyList<Definition> Definitions, IReadOnlyList<FieldError> Errors)
{
    public static RunFormReading Of(RunForm form, Catalogue catalogue)
    {
        var errors = new List<FieldError>();
        var common = Common(form, errors);
        var definitions = form.Targets.ConvertAll(target => common with
        {
            Target = target,
            Options = form.Options.TryGetValue(target, out var options) ? new Dictionary<string, string>(options) : new Dictionary<string, string>(),
        });
        if (definitions.Count == 0) errors.Add(new FieldError("target", "", "choose at least one"));
        var unread = errors.Select(e => e.Field).ToHashSet();
        foreach (var definition in definitions)
        {
            foreach (var error in DefinitionRules.Check(definition, catalogue))
            {
                string field = error.Field.StartsWith("options.", StringComparison.Ordinal) ? OptionField(definition.Target, error.Field["options.".Length..]) : error.Field;
                if (!unread.Contains(field) && !errors.Any(e => e.Field == field && e.Allowed == error.Allowed)) errors.Add(error with { Field = field });
            }
        }
        if (form.Tags.Length > 0 && TagRules.Normalise(TagsOf(form), out var wrongTag) is null) errors.Add(wrongTag!);
        return new RunFormReading(definitions, [.. errors.OrderBy(e => Place(e.Field))]);
    }

    private static readonly string[] Order = ["target", "workers", "proxy", "pooler", "options", "workload", "connections", "rate", "stages", "warmup", "for", "requests", "repetitions", "tags"];

    /// <summary>As the form has them from top to bottom.</summary>
    private static int Place(string field) => Array.IndexOf(Order, field.Split('.')[0]);

    /// <summary>Options belong to one of several targets.</summary>
    public static string OptionField(string target, string option) => $"options.{target}.{option}";

    public static IEnumerable<string> TagsOf(RunForm form) => form.Tags.Split(',').Select(t => t.Trim().TrimStart('#'));

    public IEnumerable<FieldError> ErrorsOf(string field) => Errors.Where(e => e.Field == field);

    private static Definition Common(RunForm form, List<FieldError> errors)
    {
        bool open = form.Load == LoadKind.Open, staged = form.Load == LoadKind.Stages;
        bool stagedRates = staged && form.Stages.Contains("/s", StringComparison.Ordinal);
        long? Whole(string field, string text, long most)
        {
            if (long.TryParse(text.Trim(), NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value is >= int.MinValue and <= int.MaxValue) return value;
            errors.Add(new FieldError(field, text.Trim(), $"a whole number, 1 to {most.ToString("#,0", CultureInfo.InvariantCulture)}"));
            return null;
        }
        TimeSpan Span(string field, string text, TimeSpan fallback)
        {
            if (Duration.TryParse(double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) ? text.Trim() + "s" : text, out var value)) return value;
            errors.Add(new FieldError(field, text.Trim(), Duration.Allowed));
            return fallback;
        }
        double? rate = null;
        if (open)
        {
            if (double.TryParse(form.Rate.Trim(), NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value)) rate = value;
            else errors.Add(new FieldError("rate", form.Rate.Trim(), "a number of requests a second, above 0"));
        }
        string connections = open || stagedRates ? form.MostConnections : form.Connections;
        return new Definition
        {
            Target = "",
            Workers = form.Workers.Trim().Length == 0 ? null : (int?)Whole("workers", form.Workers, DefinitionRules.MaxWorkers),
            Connections = staged && !stagedRates ? null : (int?)Whole("connections", connections, DefinitionRules.MaxConnections),
            Rate = rate,
            Stages = staged ? form.Stages.Trim() : null,
            KeepAlive = form.KeepAlive,
            Warmup = Span("warmup", form.Warmup, Defaults.Warmup),
            For = staged || form.ByRequests ? null : Span("for", form.For, Defaults.For),
            Requests = staged || !form.ByRequests ? null : Whole("requests", form.Requests, DefinitionRules.MaxRequests),
            Workload = RunForm.TimedWorkloads.Contains(form.Workload) ? $"{form.Workload}:{form.WorkloadMs.GetValueOrDefault(form.Workload)?.Trim()}" : form.Workload,
            Proxy = form.Proxy,
            Pooler = form.Pooler.Replace(" ", "", StringComparison.Ordinal).TrimEnd(':'),
            Repetitions = (int)(Whole("repetitions", form.Repetitions, DefinitionRules.MaxRepetitions) ?? 1),
        };
    }
}
