using System.CommandLine;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Runner.Catalog;
using Wobble.Runner.Execution;
using Wobble.Runner.Experiments;
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
        var repetitions = new Option<string?>("--repetitions") { HelpName = "R", Description = "How many runs are made of it (default 1); more are an experiment: one table or JSON of all, from 3 on with an interval." };
        var data = DataOption.Create();
        var command = new Command("run", $"Runs one target and prints its result. {Exits}") { target, repetitions, data };
        stack.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var errors = new List<FieldError>();
            var (definition, choice) = stack.Read(parsed, parsed.GetValue(target)!, errors);
            int times = ExperimentOptions.Rounds(parsed.GetValue(repetitions), 1, errors);
            var folder = DataOption.Of(parsed, data);
            var reader = CatalogueReader.FromSettings(folder);
            var catalogue = (await reader.ReadAsync()).Catalogue;
            errors.AddRange(DefinitionRules.Check(definition, catalogue).Where(e => errors.All(known => known.Field != e.Field)));
            if (times != 1) errors.AddRange(ExperimentRules.Check(Making.Of([(null, definition)], catalogue, times, 1), catalogue).Where(e => e.Field == "repetitions" && errors.All(known => known.Field != e.Field)));
            foreach (var error in errors) await Console.Error.WriteLineAsync(error.ToString());
            if (errors.Count > 0) return ExitCodes.BadInput;
            var machine = new StackExecutions(folder, reader, new ExecutionLauncher());
            if (times == 1) return await RunOnceAsync(machine, definition, choice, Console.Out, cancel);
            var several = new ExperimentChoice { Shared = definition, Load = choice, Repetitions = times, Seed = Random.Shared.NextInt64(1, 1_000_000) };
            return await ExperimentExecution.RunAsync(machine, folder, Making.Of([(null, definition)], catalogue, times, several.Seed), several, [], cancel);
        });
        return command;
    }

    /// <summary>One run with live progress on stderr and its table (or JSON) on stdout.</summary>
    internal static async Task<int> RunOnceAsync(IExecutions machine, Definition definition, LoadChoice choice, TextWriter output, CancellationToken cancel)
    {
        var progress = new LoadProgress(Console.Error, !Console.IsErrorRedirected);
        var (result, end, _) = await OneRun.RunAsync(machine, definition, progress.Show, cancel);
        progress.End();
        string? failure = end.State != RunState.Completed ? end.Reason ?? end.State.Word() : result is null ? "Nothing was measured." : null;
        if (result is not null)
        {
            if (choice.Json) output.WriteLine(JsonSerializer.Serialize(result, WobbleJson.Options));
            else ResultTable.Write(result, output);
        }
        else if (choice.Json) output.WriteLine(NotMeasured.Json(end.State, failure!));
        if (result is null || failure is not null)
        {
            await Console.Error.WriteLineAsync(Printable.Of(failure!));
            return end.State == RunState.Cancelled ? ExitCodes.Cancelled : ExitCodes.Failed;
        }
        foreach (string left in end.Leftovers) await Console.Error.WriteLineAsync(Printable.Of($"left behind: {left}"));
        if (result.Trust.IsInvalid) return ExitCodes.Invalid;
        var missed = choice.FailIf.Select(c => c.Holds(result)).OfType<string>().ToList();
        foreach (string sentence in missed) await Console.Error.WriteLineAsync(sentence);
        return missed.Count > 0 ? ExitCodes.FailIf : ExitCodes.Ok;
    }
}
