using System.CommandLine;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Runner.Catalog;
using Wobble.Runner.Execution;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;

namespace Wobble.Runner.Commands;

/// <summary><c>wobble run TARGET</c>: one target, its stack and its load, without any database of Wobble's or web.</summary>
internal static class RunCommand
{
    private const string Exits = "Exit codes: 0 completed and not invalid; 2 the input is not allowed, nothing was started; 3 failed; 4 invalid; 5 missed a --fail-if; 130 cancelled; 1 Wobble itself failed.";

    public static Command Create()
    {
        var target = new Argument<string>("TARGET") { Description = "A server and an app, such as uwsgi-http/bottle; ./wobble targets lists them." };
        var stack = new StackOptions();
        var repetitions = new Option<string?>("--repetitions") { HelpName = "R", Description = "How many runs are made of it (default 1); from 3 on with an interval." };
        var data = DataOption.Create();
        var command = new Command("run", $"Runs one target and prints its result. {Exits}") { target, repetitions, data };
        stack.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var errors = new List<FieldError>();
            var (definition, choice) = stack.Read(parsed, parsed.GetValue(target)!, errors);
            int times = (int?)LoadOptions.Whole("repetitions", parsed.GetValue(repetitions), DefinitionRules.MaxRepetitions, errors) ?? 1;
            var folder = DataOption.Of(parsed, data);
            var reader = CatalogueReader.FromSettings(folder);
            var catalogue = (await reader.ReadAsync()).Catalogue;
            errors.AddRange(DefinitionRules.Check(definition, catalogue).Where(e => errors.All(known => known.Field != e.Field)));
            foreach (var error in errors) await Console.Error.WriteLineAsync(error.ToString());
            if (errors.Count > 0) return ExitCodes.BadInput;
            if (choice.Json && times > 1)
            {
                await Console.Error.WriteLineAsync(new FieldError("repetitions", $"{times}", "1 with --json, which prints one run; ./wobble experiment compare prints many").ToString());
                return ExitCodes.BadInput;
            }
            return await RepeatAsync(new StackExecutions(folder, reader, new ExecutionLauncher()), definition, choice, times, cancel);
        });
        return command;
    }

    private static async Task<int> RepeatAsync(StackExecutions machine, Definition definition, LoadChoice choice, int times, CancellationToken cancel)
    {
        var results = new List<RunResult>();
        int worst = ExitCodes.Ok;
        for (int i = 1; i <= times && !cancel.IsCancellationRequested; i++)
        {
            if (times > 1) await Console.Error.WriteLineAsync($"Run {i} of {times}");
            var (result, code) = await RunOnceAsync(machine, definition, choice, cancel);
            if (result is { Trust.IsInvalid: false } && code != ExitCodes.Failed) results.Add(result);
            if (worst is ExitCodes.Ok or ExitCodes.FailIf && code != ExitCodes.Ok) worst = code;
        }
        if (times > 1) Summary(results, times);
        return worst;
    }

    /// <summary>One run with live progress on stderr and its table (or JSON) on stdout.</summary>
    private static async Task<(RunResult? Result, int Code)> RunOnceAsync(StackExecutions machine, Definition definition, LoadChoice choice, CancellationToken cancel)
    {
        var (result, end) = await RunAsync(machine, definition, cancel);
        if (result is not null)
        {
            if (choice.Json) Console.Out.WriteLine(JsonSerializer.Serialize(result, WobbleJson.Options));
            else ResultTable.Write(result, Console.Out);
        }
        if (end.State != RunState.Completed)
        {
            await Console.Error.WriteLineAsync(end.Reason ?? end.State.Word());
            return (result, end.State == RunState.Cancelled ? ExitCodes.Cancelled : ExitCodes.Failed);
        }
        if (result is null)
        {
            await Console.Error.WriteLineAsync("Nothing was measured.");
            return (null, ExitCodes.Failed);
        }
        foreach (string left in end.Leftovers) await Console.Error.WriteLineAsync($"left behind: {left}");
        if (result.Trust.IsInvalid) return (result, ExitCodes.Invalid);
        var missed = choice.FailIf.Select(c => c.Holds(result)).OfType<string>().ToList();
        foreach (string sentence in missed) await Console.Error.WriteLineAsync(sentence);
        return (result, missed.Count > 0 ? ExitCodes.FailIf : ExitCodes.Ok);
    }

    /// <summary>One run with live progress on stderr: its result (null when nothing was measured) and its end.</summary>
    internal static async Task<(RunResult? Result, EndFact End)> RunAsync(StackExecutions machine, Definition definition, CancellationToken cancel)
    {
        var progress = new LoadProgress(Console.Error, !Console.IsErrorRedirected);
        var facts = new List<Fact>();
        ValueTask Note(Fact fact)
        {
            if (fact is not LogFact) facts.Add(fact);
            progress.Show(fact);
            return ValueTask.CompletedTask;
        }
        try
        {
            var plan = await machine.PlanAsync(definition, Note, cancel);
            var end = await machine.RunAsync(plan, Note, cancel);
            progress.End();
            return (RunFacts.Gather(facts) is { } gathered ? RunResults.From(gathered) : null, end);
        }
        catch (ExecutionException e)
        {
            progress.End();
            return (null, new EndFact { State = RunState.Failed, Reason = e.Message });
        }
    }

    private static void Summary(List<RunResult> results, int times)
    {
        Console.Out.WriteLine();
        Console.Out.WriteLine($"{results.Count} of {times} runs valid{(results.Count < TypicalRun.LeastRuns ? $": an interval needs {TypicalRun.LeastRuns}" : ", the typical run with its 95% interval")}");
        foreach (var metric in Enum.GetValues<Metric>())
        {
            var values = results.Select(r => Results.Experiments.Reporting.ValueOf(r, metric, toJudge: false)).OfType<double>().Where(v => v > 0).ToList();
            if (values.Count == 0) continue;
            var interval = TypicalRun.Of(values);
            // A freeze that hits fewer than half of the runs makes p99.9 two-humped: no 95% label.
            string ends = interval is { Low: { } low, High: { } high } && metric != Metric.P999 ? $"  {Figures.Text(low)} to {Figures.Text(high)}" : $"  each: {string.Join(", ", values.Select(v => Figures.Text(v)))}";
            Console.Out.WriteLine($"  {metric.Title(),-11}{Figures.Text(interval.Value),8}{ends}");
        }
    }
}
