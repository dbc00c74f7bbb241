using System.CommandLine;
using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Commands;

/// <summary>What was written of the load; null where nothing was. Read, not yet checked against the limits.</summary>
internal sealed record LoadChoice
{
    public int? Connections { get; init; }
    public double? Rate { get; init; }
    public bool? KeepAlive { get; init; }
    public TimeSpan? Warmup { get; init; }
    public TimeSpan? For { get; init; }
    public long? Requests { get; init; }
    public string? Stages { get; init; }
    public IReadOnlyList<FailIf> FailIf { get; init; } = [];
    public bool Json { get; init; }
}

/// <summary>
/// The options of the load that <c>run</c> and <c>load</c> share. They are read as text, so that what can't be read gets the same kind of error as what is
/// out of range: field, value and what is allowed.
/// </summary>
internal sealed class LoadOptions
{
    private readonly Option<string?> connections = new("--connections", "-c") { HelpName = "N", Description = "Connections that ask at once (closed loop, default 100), or the most that may be open (with a rate, default 1,000)." };
    private readonly Option<string?> rate = new("--rate", "-r") { HelpName = "R", Description = "Requests offered a second, whatever the answers do (open loop). Without it: a closed loop." };
    private readonly Option<bool> keepAlive = new("--keep-alive", "-k") { Description = "Keep connections and use them again." };
    private readonly Option<bool> noKeepAlive = new("--no-keep-alive") { Description = "One connection a request (the default)." };
    private readonly Option<string?> warmup = new("--warmup") { HelpName = "TIME", Description = "Load that is not counted, before the measurement (default 2s; may be 0s)." };
    private readonly Option<string?> length = new("--for", "-d") { HelpName = "TIME", Description = "How long is measured (default 10s)." };
    private readonly Option<string?> requests = new("--requests", "-n") { HelpName = "N", Description = "How many requests are measured, in place of --for." };
    private readonly Option<string?> stages = new("--stages") { HelpName = "STAGES", Description = "Stages of load, such as 10s@500/s,10s@1000/s (rates) or 10s@50,10s@100 (connections)." };
    private readonly Option<string[]> failIf = new("--fail-if") { HelpName = "CONDITION", Description = $"End with exit code {ExitCodes.FailIf} when it holds: 'p99>50ms', 'throughput<1000', 'errors>0'. May be given several times." };
    private readonly Option<bool> json = new("--json") { Description = "Print exactly one JSON object on stdout." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[connections, rate, keepAlive, noKeepAlive, warmup, length, requests, stages, failIf, json]) command.Add(option);
    }

    /// <summary>Only what a prepared experiment leaves open: its length and its answer.</summary>
    public void AddLengthTo(Command command)
    {
        foreach (Option option in (Option[])[length, failIf, json]) command.Add(option);
    }

    /// <summary>What <see cref="AddLengthTo"/> added.</summary>
    public LoadChoice ReadLength(ParseResult parsed, List<FieldError> errors) => new() { For = Time("for", parsed.GetValue(length), errors), FailIf = Conditions(parsed, errors), Json = parsed.GetValue(json) };

    public LoadChoice Read(ParseResult parsed, List<FieldError> errors)
    {
        bool keep = parsed.GetValue(keepAlive), close = parsed.GetValue(noKeepAlive);
        if (keep && close) errors.Add(new FieldError("keep_alive", "both", "either --keep-alive or --no-keep-alive"));
        return new LoadChoice
        {
            Connections = (int?)Whole("connections", parsed.GetValue(connections), DefinitionRules.MaxConnections, errors),
            Rate = Number("rate", parsed.GetValue(rate), $"more than 0, at most {DefinitionRules.MaxRate:0} requests a second; leave it out for a closed loop", errors),
            KeepAlive = keep ? true : close ? false : null,
            Warmup = Time("warmup", parsed.GetValue(warmup), errors),
            For = Time("for", parsed.GetValue(length), errors),
            Requests = Whole("requests", parsed.GetValue(requests), DefinitionRules.MaxRequests, errors),
            Stages = parsed.GetValue(stages),
            FailIf = Conditions(parsed, errors),
            Json = parsed.GetValue(json),
        };
    }

    private List<FailIf> Conditions(ParseResult parsed, List<FieldError> errors)
    {
        var conditions = new List<FailIf>();
        foreach (string text in parsed.GetValue(failIf) ?? [])
        {
            if (Commands.FailIf.TryParse(text, out var condition)) conditions.Add(condition!);
            else errors.Add(new FieldError("fail_if", text, Commands.FailIf.Allowed));
        }
        return conditions;
    }

    /// <summary>A whole number of 1 … <paramref name="most"/>; null when nothing was written or an error was added.</summary>
    public static long? Whole(string field, string? text, long most, List<FieldError> errors, string others = "")
    {
        if (text is null) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= 1 && value <= most) return value;
        errors.Add(new FieldError(field, text, $"a whole number from 1 to {most}{others}"));
        return null;
    }

    public static TimeSpan? Time(string field, string? text, List<FieldError> errors)
    {
        if (text is null) return null;
        if (Duration.TryParse(text, out var value)) return value;
        errors.Add(new FieldError(field, text, Duration.Allowed));
        return null;
    }

    private static double? Number(string field, string? text, string allowed, List<FieldError> errors)
    {
        if (text is null) return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value > 0 && value <= DefinitionRules.MaxRate) return value;
        errors.Add(new FieldError(field, text, allowed));
        return null;
    }
}
