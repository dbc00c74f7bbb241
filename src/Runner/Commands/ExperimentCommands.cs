using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Statistics;
using Wobble.Runner.Experiments;

namespace Wobble.Runner.Commands;

/// <summary><c>wobble experiment article|compare</c>, <c>wobble tune</c>, <c>wobble capacity</c>, <c>wobble claim</c>: several runs that answer one question.</summary>
internal static class ExperimentCommands
{
    private const int DefaultRounds = 5;
    private static readonly string Exits = $"Exit codes: 0 each configuration that can run has a valid run; 2 the input is not allowed, nothing was started; 3 a configuration only failed; 4 a configuration has invalid runs only; 5 missed a --fail-if; {ExitCodes.Unfinished} out of --budget; 130 cancelled; 1 Wobble itself failed.";

    private static readonly IReadOnlyList<Claim> OfTheArticlesRows = [.. ClaimList.All.Where(c => c.IsOfTheArticle)];

    public static IEnumerable<Command> Create() => [new Command("experiment", "Runs that answer one question together, in shuffled rounds.") { Article(), Compare() }, Tune(), Capacity(), ClaimCommand()];

    private static Command Article()
    {
        var options = new ExperimentOptions(DefaultRounds);
        return Make(new Command("article", $"The article's rows, those that this machine can run, ranked; and what they say to the claims that are about these rows. {Exits}"), options,
            (_, choice, catalogue, _) => Making.Article(choice.Shared, catalogue, choice.Repetitions, choice.Seed, choice.Workers), OfTheArticlesRows);
    }

    private static Command Compare()
    {
        var targets = new Argument<string[]>("TARGET") { Arity = ArgumentArity.OneOrMore, Description = "Targets, the reference first. One alone, or one named twice, is compared with itself (A/A)." };
        var options = new ExperimentOptions(DefaultRounds);
        return Make(new Command("compare", $"Targets against each other under one load. {Exits}") { targets }, options, (parsed, choice, catalogue, _) =>
        {
            string[] named = parsed.GetValue(targets)!;
            return Making.Compare(Making.Sides(named), choice.Shared, catalogue, choice.Repetitions, choice.Seed, choice.Workers);
        });
    }

    private static Command Tune()
    {
        var target = new Argument<string>("TARGET") { Description = "A server and an app, such as uwsgi-http/bottle." };
        var most = new Option<string?>("--most") { HelpName = "N", Description = $"The most workers tried (default {ExperimentDefinition.UsualMostWorkers}, at most {DefinitionRules.MaxWorkers})." };
        var options = new ExperimentOptions(Making.FreshRuns);
        return Make(new Command("tune", $"How many workers serve a target best: one run a step until three in a row are below the best, a play-off of the best three, then fresh runs (--repetitions). {Exits}") { target, most }, options, (parsed, choice, catalogue, errors) =>
        {
            if (choice.Shared.Workers is not null || choice.Workers == WorkersChoice.Published)
                errors.Add(new FieldError("workers", choice.Shared.Workers is { } workers ? $"{workers}" : "published", "none: the search finds them, and tries at most as many as --most says"));
            var experiment = Making.Tune(parsed.GetValue(target)!, choice.Shared, catalogue, choice.Seed, choice.Repetitions);
            return experiment with { MostWorkers = (int?)LoadOptions.Whole("most", parsed.GetValue(most), DefinitionRules.MaxWorkers, errors) ?? experiment.MostWorkers };
        });
    }

    private static Command Capacity()
    {
        var targets = new Argument<string[]>("TARGET") { Arity = ArgumentArity.OneOrMore, Description = "One or more targets." };
        var objective = new Option<string>("--objective") { HelpName = "TIME", Required = true, Description = "p99 must stay below it, such as 50ms." };
        var options = new ExperimentOptions(1);
        return Make(new Command("capacity", $"The highest offered rate at which p99 stays below an objective: a closed loop, five bisections, seven runs around. {Exits}") { targets, objective }, options, (parsed, choice, catalogue, errors) =>
        {
            if (choice.Repetitions != 1) errors.Add(new FieldError("repetitions", $"{choice.Repetitions}", "1: each rate is run once, and the line through them has the interval"));
            if (choice.Headline is { } metric && metric != Metric.P99) errors.Add(new FieldError("metric", metric.Title(), "p99, or nothing: a capacity is the rate at which p99 stays below the objective"));
            if (choice.Delta is { } delta) errors.Add(new FieldError("delta", delta.ToString(CultureInfo.InvariantCulture), "none: a capacity is a rate with its interval, and no difference is judged"));
            errors.AddRange(choice.Load.FailIf.Where(c => c.Term != FailIf.Throughput).Select(c => new FieldError("fail-if", c.Text, "throughput of a capacity, the rate that is assured, such as 'throughput<1000'")));
            return Making.CapacityOf(parsed.GetValue(targets)!, choice.Shared, catalogue, LoadOptions.Time("objective", parsed.GetValue(objective), errors)?.TotalMilliseconds ?? 0, choice.Seed, choice.Workers);
        });
    }

    private static Command ClaimCommand()
    {
        var ids = new Argument<string[]>("CLAIM") { Arity = ArgumentArity.ZeroOrMore, Description = "1 to 9 for a claim of the article, A to I for an objection; several where they have the same configurations (1 2 G). None lists them." };
        var options = new ExperimentOptions(DefaultRounds, hasStack: false);
        var command = new Command("claim", $"Tests a claim of the article, or an objection to it. {Exits}") { ids };
        options.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            string[] named = parsed.GetValue(ids)!;
            if (named.Length == 0) return ListAsync(options.WantsJson(parsed));
            var chosen = new List<Claim>();
            return ExperimentExecution.RunAsync(parsed, options, (choice, catalogue, errors) =>
            {
                foreach (string id in named)
                {
                    if (ClaimList.Find(id) is { } found) chosen.Add(found);
                    else errors.Add(new FieldError("claim", id, $"one of {string.Join(", ", ClaimList.All.Select(c => c.Id))}"));
                }
                if (chosen.Count == 0) return null;
                var made = chosen.Select(c => c.Make(catalogue, choice.Repetitions, choice.Load.For ?? Defaults.For, choice.Seed)).ToList();
                for (int i = 1; i < made.Count; i++)
                    if (!SameRows(made[0], made[i])) errors.Add(new FieldError("claim", chosen[i].Id, $"one with the configurations of {chosen[0].Id}: give it a command of its own"));
                return made[0];
            }, chosen, cancel);
        });
        return command;
    }

    private static bool SameRows(ExperimentDefinition a, ExperimentDefinition b) => StateFile.Essence(a with { Claim = null, Question = "", Headline = default }) == StateFile.Essence(b with { Claim = null, Question = "", Headline = default });

    private static Task<int> ListAsync(bool asJson)
    {
        // With the names of the API.
        if (asJson) Console.Out.WriteLine(JsonSerializer.Serialize(new { Claims = ClaimList.All.Select(c => new { c.Id, Kind = c.IsObjection ? "objection" : "claim", c.Words, c.Method, c.Rule }) }, WobbleJson.Options));
        else TextTable.Write(["", "CLAIM OR OBJECTION", "HOW"], [.. ClaimList.All.Select(c => (string[])[c.Id, c.Words, c.Method])], Console.Out);
        return Task.FromResult(ExitCodes.Ok);
    }

    private static Command Make(Command command, ExperimentOptions options, Func<ParseResult, ExperimentChoice, Catalogue, List<FieldError>, ExperimentDefinition> make, IReadOnlyList<Claim>? claims = null)
    {
        options.AddTo(command);
        command.SetAction((parsed, cancel) => ExperimentExecution.RunAsync(parsed, options, (choice, catalogue, errors) =>
        {
            var experiment = choice.Apply(make(parsed, choice, catalogue, errors));
            // An option is given to those that have it; one that nobody has is a mistake.
            foreach (var (name, value) in choice.Shared.Options.Where(o => experiment.Rows.All(r => !r.Definition.Options.ContainsKey(o.Key))))
                errors.Add(new FieldError($"options.{name}", value, "an option that one of the targets has; ./wobble targets --json lists them"));
            return experiment;
        }, claims ?? [], cancel));
        return command;
    }
}
