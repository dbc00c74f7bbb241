using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Runner.Load;

namespace Wobble.Runner.Commands;

/// <summary><c>wobble load URL</c>: the generator by itself.</summary>
internal static class LoadCommand
{
    private const int DefaultMaxWaiting = 100_000;
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var url = new Argument<string>("URL") { Description = "http://HOST[:PORT]/PATH; {key} in the path becomes a random number of 1 to 1,000,000." };
        var load = new LoadOptions();
        var own = new GeneratorOptions();
        var command = new Command("load", "Loads a URL, as wrk does: a closed loop of N connections, or with --rate an open loop.") { url };
        load.AddTo(command);
        own.AddTo(command);
        command.SetAction(parsed =>
        {
            var errors = new List<FieldError>();
            var choice = load.Read(parsed, errors);
            var plan = PlanOf(parsed.GetValue(url)!, choice, own.Read(parsed, errors), errors);
            if (plan is not null && errors.Count == 0) errors.AddRange(LoadRules.Check(plan));
            foreach (var error in errors) Console.Error.WriteLine(error);
            return errors.Count > 0 ? ExitCodes.BadInput : Run(plan!, choice);
        });
        return command;
    }

    private static LoadPlan? PlanOf(string url, LoadChoice choice, GeneratorChoice own, List<FieldError> errors)
    {
        if (choice is { For: not null, Requests: not null }) errors.Add(new FieldError("for", Duration.Format(choice.For.Value), $"either for or requests, not both (requests is {choice.Requests})"));
        IReadOnlyList<LoadStage> stages = [];
        if (choice.Stages is { } text)
        {
            if (!LoadStage.TryParse(text, out stages, out string? wrong)) errors.Add(new FieldError("stages", text, wrong!));
            if (choice.Rate is not null || choice.For is not null || choice.Requests is not null) errors.Add(new FieldError("stages", text, "stages say rate and duration themselves: leave out rate, for and requests"));
            else if (choice.Connections is { } beside && LoadStage.MostConnections(stages) is not null) errors.Add(LoadStage.BesideStages(beside, text));
        }
        bool isOpenLoop = choice.Rate is not null || stages.Any(s => s.Rate is not null);
        // A rate that can't be read has its error already.
        if (!isOpenLoop && errors.Count == 0)
        {
            if (own.Schedule is not null) errors.Add(new FieldError("schedule", own.Schedule, "none without a rate: a closed loop sends when an answer has come"));
            if (own.MaxWaiting is { } waiting) errors.Add(new FieldError("max_waiting", $"{waiting}", "none without a rate: in a closed loop no request waits for a connection"));
        }
        var target = LoadTarget.Parse(url, own.UnixSocket, errors);
        if (own.File is not null && target is { Path: not "/" }) errors.Add(new FieldError("url", url, "http://HOST[:PORT]/ beside a file: the file's requests have their own paths"));
        if (target is null || errors.Count > 0) return null;
        try
        {
            target = target.Resolved();
        }
        catch (IOException e)
        {
            errors.Add(new FieldError("url", url, e.Message));
            return null;
        }
        return new LoadPlan
        {
            Host = target.Host,
            Port = target.Port,
            HostHeader = target.HostHeader,
            Requests = own.RequestsTo(target.Path),
            Connections = choice.Connections ?? (isOpenLoop ? Defaults.OpenLoopConnections : stages.Count > 0 ? stages.Max(s => s.Connections!.Value) : Defaults.Connections),
            Rate = choice.Rate,
            Schedule = own.Schedule ?? "constant",
            Stages = stages,
            KeepAlive = choice.KeepAlive ?? false,
            Warmup = choice.Warmup ?? Defaults.Warmup,
            For = stages.Count > 0 ? LoadStage.Length(stages) : choice.Requests is null ? choice.For ?? Defaults.For : null,
            Count = choice.Requests,
            Deadline = own.Deadline ?? DefaultDeadline,
            MaxWaiting = own.MaxWaiting ?? DefaultMaxWaiting,
            Threads = own.Threads ?? 1,
            Engine = own.Engine,
            Priority = own.Priority,
            Seed = own.Seed ?? 1,
        };
    }

    private static int Run(LoadPlan plan, LoadChoice choice)
    {
        using var generator = new GeneratorProcess(plan);
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            generator.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        var progress = new LoadProgress(Console.Error, !Console.IsErrorRedirected);
        var facts = new List<Fact>();
        foreach (var fact in generator.Facts())
        {
            facts.Add(fact);
            progress.Show(fact);
        }
        progress.End();
        var end = facts.OfType<EndFact>().Last();
        var result = RunResults.From(RunFacts.Gather(facts, plan)!);
        if (end.State == RunState.Failed || result is null)
        {
            string failure = end.Reason ?? (end.State == RunState.Cancelled ? "Cancelled before the measurement." : "Nothing was measured.");
            if (choice.Json) Console.Out.WriteLine(NotMeasured.Json(end.State, failure));
            Console.Error.WriteLine(Printable.Of(failure));
            return end.State == RunState.Cancelled ? ExitCodes.Cancelled : ExitCodes.Failed;
        }
        if (choice.Json) Console.Out.WriteLine(JsonSerializer.Serialize(result, WobbleJson.Options)); else ResultTable.Write(result, Console.Out);
        return ExitCode(end, result, choice);
    }

    private static int ExitCode(EndFact end, RunResult result, LoadChoice choice)
    {
        if (end.State == RunState.Cancelled) return ExitCodes.Cancelled;
        if (result.Trust.IsInvalid) return ExitCodes.Invalid;
        var missed = choice.FailIf.Select(c => c.Holds(result)).OfType<string>().ToList();
        foreach (string sentence in missed) Console.Error.WriteLine(sentence);
        return missed.Count > 0 ? ExitCodes.FailIf : ExitCodes.Ok;
    }
}
