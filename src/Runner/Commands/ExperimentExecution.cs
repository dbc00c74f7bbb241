using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Storage;
using Wobble.Runner.Catalog;
using Wobble.Runner.Execution;
using Wobble.Runner.Experiments;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;

namespace Wobble.Runner.Commands;

/// <summary>What all commands of experiments do: check, run with progress, print table or JSON, answer an exit code.</summary>
internal static class ExperimentExecution
{
    /// <summary>From the command's words; <paramref name="make"/> gives the experiment, or null when what was written names none.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, ExperimentOptions options, Func<ExperimentChoice, Catalogue, List<FieldError>, ExperimentDefinition?> make, IReadOnlyList<Claim> claims, CancellationToken cancel)
    {
        var errors = new List<FieldError>();
        var choice = options.Read(parsed, errors);
        var folder = DataOption.Of(parsed, options.Data);
        var reader = CatalogueReader.FromSettings(folder);
        var catalogue = (await reader.ReadAsync()).Catalogue;
        var experiment = make(choice, catalogue, errors);
        if (experiment is not null) errors.AddRange(ExperimentRules.Check(experiment, catalogue).Where(e => errors.All(known => known.Field != e.Field)));
        if (errors.Count > 0 || experiment is null) return await RefuseAsync(errors);
        return await RunAsync(new StackExecutions(folder, reader, new ExecutionLauncher()), folder, experiment, choice, claims, cancel);
    }

    /// <summary>An experiment that was checked.</summary>
    public static async Task<int> RunAsync(IExecutions machine, DataFolder folder, ExperimentDefinition experiment, ExperimentChoice choice, IReadOnlyList<Claim> claims, CancellationToken cancel)
    {
        var errors = new List<FieldError>();
        IExperimentStore? store;
        try
        {
            store = choice.Record ? await RecordAsync(folder, experiment, errors, cancel)
                : choice.State is { } path ? StateFile.Open(path, experiment, errors)
                : new MemoryStore(experiment);
        }
        catch (HostingException e)
        {
            await Console.Error.WriteLineAsync(Printable.Of(e.Message));
            return e.ExitCode;
        }
        if (store is null) return await RefuseAsync(errors);
        using var file = store as IDisposable;

        var error = Console.Error;
        string rest = store.Runs.Count == 0 ? "" : $"; {store.Runs.Count} runs are kept from before";
        string takes = ExperimentRules.Estimate(store.Definition, store.Runs) is { } time ? ExperimentRules.Text(time) : ExperimentRules.CantTell;
        await error.WriteLineAsync($"{store.Definition.Question} About {Schedule.RunsExpected(store.Definition)} runs, {takes}; seed {store.Definition.Seed}{rest}.");
        if (choice.Budget is not null && takes == ExperimentRules.CantTell) await error.WriteLineAsync("The first run may end after --budget: a number of requests has no length that is known beforehand.");
        if (store.Slug is { } slug) await error.WriteLineAsync($"Kept as /x/{slug}");
        foreach (var row in store.Definition.Rows.Where(r => r.Unavailable is not null)) await error.WriteLineAsync(Printable.Of($"{row.Name} can't run here: {row.Unavailable}"));

        ExperimentEnd end;
        try
        {
            end = await new ExperimentRunner(machine, store, new ExperimentProgress(error, !Console.IsErrorRedirected, store.Definition), choice.Budget).RunAsync(cancel);
            if (end == ExperimentEnd.Completed) await store.CompleteAsync();
        }
        catch (Exception e) when (choice.Record && (Databases.IsAway(e) || Databases.IsRefused(e)))
        {
            await error.WriteLineAsync($"Wobble's database can't be used any more: {Databases.Reason(e)}. {store.Runs.Count} runs are kept; start ./run again, and the same command goes on.");
            return ExitCodes.Error;
        }
        var report = Reporting.Of(store.Definition, store.Runs);
        // An article that was set up in another way is no answer to its claims.
        var verdicts = claims.Where(c => store.Definition.Kind != ExperimentKind.Article || c.IsAnsweredBy(store.Definition, store.Runs)).Select(c => (c, c.Judge(store.Definition, store.Runs))).ToList();
        if (choice.Load.Json) Console.Out.WriteLine(ExperimentAnswer.Json(store, report, verdicts, end));
        else ExperimentTable.Write(store.Definition, report, verdicts, Console.Out, !Console.IsOutputRedirected);

        var missed = new List<string>();
        int code = ExperimentAnswer.Code(store, report, end, choice.Load.FailIf, missed);
        foreach (string sentence in missed) await error.WriteLineAsync(sentence);
        if (end == ExperimentEnd.OutOfTime) await error.WriteLineAsync($"Not complete: the time of --budget is used up.{(choice.State is null && !choice.Record ? "" : " The same command goes on.")}");
        if (end == ExperimentEnd.TakenOver) await error.WriteLineAsync("Not complete here: a Runner goes on with it, or it was cancelled on its page.");
        return code;
    }

    /// <summary>To the database that the setting names, else to that of the data folder; null where none runs there. Throws when the setting can't be read.</summary>
    internal static string? ConnectionTo(DataFolder folder, IConfiguration settings)
    {
        if (settings.GetConnectionString("Wobble") is not { Length: > 0 } given) return PrivatePostgres.RunningIn(folder);
        Database.Parse(given);
        return given;
    }

    private static async Task<IExperimentStore?> RecordAsync(DataFolder folder, ExperimentDefinition experiment, List<FieldError> errors, CancellationToken cancel)
    {
        string? connection = ConnectionTo(folder, UpSettings.Configuration());
        if (connection is null)
        {
            errors.Add(new FieldError("record", folder.Root, "possible while ./run goes on with the same --data, or with ConnectionStrings__Wobble set"));
            return null;
        }
        try
        {
            return await RecordStore.OpenAsync(new Contexts(connection), experiment, errors, cancel);
        }
        catch (Exception e) when (Databases.IsAway(e) || Databases.IsRefused(e))
        {
            errors.Add(new FieldError("record", "", $"possible only with Wobble's database, and that can't be used: {Databases.Reason(e)}"));
            return null;
        }
    }

    private static async Task<int> RefuseAsync(List<FieldError> errors)
    {
        foreach (var error in errors) await Console.Error.WriteLineAsync(error.ToString());
        return ExitCodes.BadInput;
    }

    private sealed class Contexts(string connection) : IDbContextFactory<WobbleDb>
    {
        public WobbleDb CreateDbContext()
        {
            var builder = new DbContextOptionsBuilder<WobbleDb>();
            WobbleDb.Configure(builder, connection);
            return new WobbleDb(builder.Options);
        }
    }
}
