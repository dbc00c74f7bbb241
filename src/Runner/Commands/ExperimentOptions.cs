using System.CommandLine;
using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Statistics;

namespace Wobble.Runner.Commands;

/// <summary>What was written of an experiment, beside its stack and load.</summary>
internal sealed record ExperimentChoice
{
    public required Definition Shared { get; init; }
    public required LoadChoice Load { get; init; }
    public WorkersChoice Workers { get; init; }
    public required int Repetitions { get; init; }
    public required long Seed { get; init; }
    public Metric? Headline { get; init; }
    public double? Delta { get; init; }
    public string? State { get; init; }
    public TimeSpan? Budget { get; init; }
    public bool Record { get; init; }

    /// <summary>The experiment with what was chosen for it.</summary>
    public ExperimentDefinition Apply(ExperimentDefinition experiment) => experiment with { Headline = Headline ?? experiment.Headline, Delta = Delta };
}

/// <summary>The options that every experiment has: <c>experiment</c>, <c>tune</c>, <c>capacity</c>, and of <c>claim</c> what it doesn't say itself.</summary>
internal sealed class ExperimentOptions(int defaultRepetitions, bool hasStack = true)
{
    private const double MostDelta = 10;
    private readonly Option<string?> repetitions = new("--repetitions") { HelpName = "R", Description = $"Rounds: runs of each configuration (default {defaultRepetitions}; 3 for an interval, 10 to see 25% surely)." };
    private readonly Option<string?> metric = new("--metric") { HelpName = "METRIC", Description = "What the ranking and the sentence are about: p50, p90, p99, p99.9, throughput or wobble (default p99). Choose it before." };
    private readonly Option<string?> delta = new("--delta") { HelpName = "SHARE", Description = "Least difference that matters, such as 10% (default: 5% for throughput, p50 and p90, 10% for p99 and wobble, 25% for p99.9)." };
    private readonly Option<string?> seed = new("--seed") { HelpName = "N", Description = "Seed of the order in the rounds (default: drawn)." };
    private readonly Option<string?> state = new("--state") { HelpName = "FILE", Description = "Keep the runs in a file; the same command goes on where it was stopped." };
    private readonly Option<string?> budget = new("--budget") { HelpName = "TIME", Description = $"Begin no run that would end after this time; end with exit code {ExitCodes.Unfinished} when something is left. With --state or --record the same command goes on." };
    private readonly Option<bool> record = new("--record") { Description = "Keep it in Wobble's database (that of ./run, or ConnectionStrings__Wobble), with a permalink; the same command goes on with one that was stopped." };
    private readonly StackOptions stack = new(isExperiment: true);
    private readonly LoadOptions load = new();

    public Option<string?> Data { get; } = DataOption.Create();

    public void AddTo(Command command)
    {
        command.Add(repetitions);
        if (hasStack) stack.AddTo(command);
        else load.AddLengthTo(command);
        metric.Hidden = delta.Hidden = !hasStack;
        foreach (Option option in (Option[])[metric, delta, seed, state, budget, record, Data]) command.Add(option);
    }

    public ExperimentChoice Read(ParseResult parsed, List<FieldError> errors)
    {
        var (shared, choice) = hasStack ? stack.Read(parsed, "", errors) : (new Definition { Target = "" }, load.ReadLength(parsed, errors));
        if (parsed.GetValue(state) is not null && parsed.GetValue(record)) errors.Add(new FieldError("state", parsed.GetValue(state)!, "either --state or --record"));
        foreach (var (name, given) in hasStack ? [] : ((string, string?)[])[("metric", parsed.GetValue(metric)), ("delta", parsed.GetValue(delta))])
            if (given is not null) errors.Add(new FieldError(name, given, "none: a claim's rule names its metric and least difference, and was written down beforehand"));
        return new ExperimentChoice
        {
            Shared = shared,
            Load = choice,
            Workers = hasStack ? stack.WorkersOf(parsed) : WorkersChoice.Fixed,
            Repetitions = Rounds(parsed.GetValue(repetitions), defaultRepetitions, errors),
            Seed = LoadOptions.Whole("seed", parsed.GetValue(seed), long.MaxValue, errors) ?? Random.Shared.NextInt64(1, 1_000_000),
            Headline = hasStack ? MetricOf(parsed.GetValue(metric), errors) : null,
            Delta = hasStack ? Share(parsed.GetValue(delta), errors) : null,
            State = parsed.GetValue(state),
            Budget = LoadOptions.Time("budget", parsed.GetValue(budget), errors),
            Record = parsed.GetValue(record),
        };
    }

    /// <summary>Whether the answer is to be JSON.</summary>
    public bool WantsJson(ParseResult parsed) => load.ReadLength(parsed, []).Json;

    /// <summary>Read without its limits: an experiment that is too long is refused with the time it would take.</summary>
    public static int Rounds(string? text, int otherwise, List<FieldError> errors)
    {
        if (text is null) return otherwise;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)) return value;
        errors.Add(new FieldError("repetitions", text, $"a whole number from 1 to {ExperimentDefinition.MostRepetitions}"));
        return otherwise;
    }

    private static Metric? MetricOf(string? text, List<FieldError> errors)
    {
        if (text is null) return null;
        foreach (var known in Enum.GetValues<Metric>())
            if (text == known.Word() || text == known.Title()) return known;
        errors.Add(new FieldError("metric", text, string.Join(", ", Enum.GetValues<Metric>().Select(m => m.Title()))));
        return null;
    }

    private static double? Share(string? text, List<FieldError> errors)
    {
        if (text is null) return null;
        bool percent = text.EndsWith('%');
        if (double.TryParse(percent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            double share = percent ? value / 100 : value;
            if (share > 0 && share < MostDelta) return share;
        }
        errors.Add(new FieldError("delta", text, "a share above 0 and below 10, such as 10% or 0.1"));
        return null;
    }
}
