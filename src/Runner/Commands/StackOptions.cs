using System.CommandLine;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;

namespace Wobble.Runner.Commands;

/// <summary>The options that say what a run is, for <c>run</c>, <c>plan</c> and experiments.</summary>
internal sealed class StackOptions(bool isExperiment = false)
{
    private const string Tuned = "tune", Published = "published";
    private readonly Option<string?> workers = new("--workers", "-w")
    {
        HelpName = isExperiment ? "N|tune|published" : "N",
        Description = $"Worker processes (default 4 × cores for sync and green-threaded servers, 1 × cores for async ones){(isExperiment ? "; tune: searched for each target first, about 17 runs; published: the article's" : "")}.",
    };
    private readonly Option<string> workload = new("--workload") { HelpName = "WHAT", Description = "row, mixed, slow:MS, slow-tail or cpu:MS (default row).", DefaultValueFactory = _ => "row" };
    private readonly Option<string> proxy = new("--proxy") { HelpName = "PROXY", Description = "nginx or none (default nginx).", DefaultValueFactory = _ => "nginx" };
    private readonly Option<string> pooler = new("--pooler") { HelpName = "POOLER", Description = "none, session[:20] or transaction[:20] (default session, with 20 connections, or one for each worker where these are more).", DefaultValueFactory = _ => "session" };
    private readonly Option<string[]> options = new("--option", "-o") { HelpName = "NAME=VALUE", Description = "An option of the target, such as driver=asyncpg; may be given several times. ./wobble targets --json lists them." };

    public LoadOptions Load { get; } = new();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[workers, workload, proxy, pooler, options]) command.Add(option);
        Load.AddTo(command);
    }

    /// <summary>How an experiment's workers are chosen.</summary>
    public WorkersChoice WorkersOf(ParseResult parsed) => !isExperiment ? WorkersChoice.Fixed : parsed.GetValue(workers) switch
    {
        Tuned => WorkersChoice.Tune,
        Published => WorkersChoice.Published,
        _ => WorkersChoice.Fixed,
    };

    /// <summary>The definition and the choice of load it came from; what can't be read is added to <paramref name="errors"/>.</summary>
    public (Definition Definition, LoadChoice Choice) Read(ParseResult parsed, string target, List<FieldError> errors)
    {
        var choice = Load.Read(parsed, errors);
        var pairs = new Dictionary<string, string>();
        foreach (string text in parsed.GetValue(options) ?? [])
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) errors.Add(new FieldError("option", text, "NAME=VALUE, such as driver=asyncpg"));
            else if (!pairs.TryAdd(text[..equals], text[(equals + 1)..])) errors.Add(new FieldError($"options.{text[..equals]}", text, "each option once"));
        }
        var definition = new Definition
        {
            Target = target,
            Workers = WorkersOf(parsed) != WorkersChoice.Fixed ? null : (int?)LoadOptions.Whole("workers", parsed.GetValue(workers), DefinitionRules.MaxWorkers, errors, isExperiment ? $", {Tuned} or {Published}" : ""),
            Connections = choice.Connections,
            Rate = choice.Rate,
            KeepAlive = choice.KeepAlive ?? false,
            Warmup = choice.Warmup ?? Defaults.Warmup,
            For = choice.For,
            Requests = choice.Requests,
            Stages = choice.Stages,
            Workload = parsed.GetValue(workload)!,
            Proxy = parsed.GetValue(proxy)!,
            Pooler = parsed.GetValue(pooler)!,
            Options = pairs,
        };
        return (definition, choice);
    }
}
