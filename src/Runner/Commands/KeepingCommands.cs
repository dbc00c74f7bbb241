using System.CommandLine;
using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Exports;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Runner.Backups;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Commands;

/// <summary><c>wobble export SLUG</c>: one run as one file.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var slug = new Argument<string>("SLUG") { Description = $"The run's slug, {Slug.Length} characters: what its link ends in; the whole link will do." };
        var file = new Option<string?>("--out") { HelpName = "FILE", Description = $"Where to (default: wobble-TARGET-SLUG.{RunExport.Ending} in this folder)." };
        var data = DataOption.Create();
        var command = new Command("export", "Writes a run that has ended into one file, with its samples, logs and events, for ./wobble import elsewhere.") { slug, file, data };
        command.SetAction((parsed, cancel) => Keeping.DoAsync(parsed, data, alone: false, async (database, _) =>
        {
            string given = parsed.GetValue(slug)!, wanted = given.TrimEnd('/').Split('/')[^1];
            var queries = new ExportQueries(database.Contexts);
            if (await queries.Run(wanted, cancel) is not { } run) throw Keeping.Refused("SLUG", given, "the slug of a run that is there and wasn't deleted");
            if (!run.State.IsFinal()) throw Keeping.Refused("SLUG", given, $"a run that has ended; this one is {run.State.Word()}");
            string path = Path.GetFullPath(parsed.GetValue(file) ?? $"wobble-{run.Target.Replace('/', '-')}-{run.Slug}.{RunExport.Ending}");
            if (File.Exists(path)) throw Keeping.Refused("--out", path, "a file that isn't there yet");
            await using (var stream = new FileStream(path + ".part", FileMode.Create, FileAccess.Write)) await new RunExport(queries).WriteAsync(run, stream, cancel);
            File.Move(path + ".part", path);
            Console.Out.WriteLine($"Exported {run.Target}, {run.State.Word()}{(run.TrustVerdict is { } verdict ? $", {verdict}" : "")}: {path} ({Keeping.Size(new FileInfo(path).Length)})");
        }, cancel));
        return command;
    }
}

/// <summary><c>wobble import FILE…</c>: runs that another Wobble exported.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Arity = ArgumentArity.OneOrMore, Description = "What ./wobble export wrote." };
        var data = DataOption.Create();
        var command = new Command("import", "Reads exported runs. A run that is here already stays as it is; of a file that is wrong nothing is kept.") { files, data };
        command.SetAction((parsed, cancel) => Keeping.DoAsync(parsed, data, alone: false, async (database, _) =>
        {
            int wrong = 0;
            var import = new RunImport(database.Contexts, TimeProvider.System, Keeping.Retention());
            foreach (string path in parsed.GetValue(files)!)
            {
                if (!File.Exists(path)) throw Keeping.Refused("FILE", path, "a file that is there");
                await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read);
                ImportOutcome outcome;
                try
                {
                    outcome = await import.ReadAsync(stream, cancel);
                }
                catch (OperationCanceledException)
                {
                    throw new HostingException("Cancelled; what was said to be imported stays.", ExitCodes.Cancelled);
                }
                // It is here by now, whatever is asked meanwhile.
                if (outcome is { Error: null, WasHere: false }) await Keeping.NoteAsync(database, $"import a run, {outcome.Slug}, from {Path.GetFileName(path)}", CancellationToken.None);
                if (outcome.Error is { } error) await Console.Error.WriteLineAsync(Printable.Of($"{path}: {error}"));
                else Console.Out.WriteLine($"{path}: {(outcome.WasHere ? "was here already" : "imported")}, /r/{outcome.Slug}{(outcome.Note is { } note ? $". {note}" : "")}");
                if (outcome.Error is not null) wrong++;
            }
            if (wrong > 0) throw new HostingException($"{wrong} of {parsed.GetValue(files)!.Length} files were not imported.", ExitCodes.BadInput);
        }, cancel));
        return command;
    }
}

/// <summary><c>wobble backup FILE</c>: all of it.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A file that isn't there yet. It holds the token: keep it as you keep that." };
        var data = DataOption.Create();
        var command = new Command("backup", "Writes all of Wobble's results, configurations and keys into one file, also while Wobble runs.") { file, data };
        command.SetAction((parsed, cancel) => Keeping.DoAsync(parsed, data, alone: false, async (database, folder) =>
        {
            string path = Path.GetFullPath(parsed.GetValue(file)!);
            var manifest = await Backup.WriteAsync(database, folder, path, cancel);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Backed up {manifest.Runs:N0} runs: {path} ({Keeping.Size(new FileInfo(path).Length)})"));
        }, cancel));
        return command;
    }
}

/// <summary><c>wobble restore FILE</c>: all of it back.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "What ./wobble backup wrote, your own: a backup holds commands that the database carries out." };
        var replace = new Option<bool>("--replace") { Description = "Give up what is here (runs, configurations, experiments, …) for what the backup holds." };
        var data = DataOption.Create();
        var command = new Command("restore", "Puts a backup in the place of what is here. Wobble must not run; until the backup is whole in the database, nothing changes.") { file, replace, data };
        command.SetAction((parsed, cancel) => Keeping.DoAsync(parsed, data, alone: true, async (database, folder) =>
        {
            var manifest = await new Restore(database, folder).RunAsync(Path.GetFullPath(parsed.GetValue(file)!), parsed.GetValue(replace), cancel);
            // All is in its place by now: a Ctrl-C comes too late, and so does what keeps it from being noted.
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Restored {manifest.Runs:N0} runs of {manifest.At:yyyy-MM-dd HH:mm} UTC into {folder.Root}. ./run --data {folder.Root} starts it."));
            await Keeping.NoteAsync(database, string.Create(CultureInfo.InvariantCulture, $"restore a backup of {manifest.At:yyyy-MM-dd HH:mm} UTC, {manifest.Runs:N0} runs"), CancellationToken.None);
        }, cancel));
        return command;
    }
}

/// <summary>What the four commands share.</summary>
internal static class Keeping
{
    public static async Task<int> DoAsync(ParseResult parsed, Option<string?> data, bool alone, Func<CommandDatabase, DataFolder, Task> work, CancellationToken cancel)
    {
        try
        {
            var folder = DataOption.Of(parsed, data);
            await using var database = await CommandDatabase.OpenAsync(folder, alone, cancel);
            await work(database, folder);
            return ExitCodes.Ok;
        }
        catch (HostingException e)
        {
            await Console.Error.WriteLineAsync(Printable.Of(e.Message));
            return e.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Npgsql.NpgsqlException)
        {
            await Console.Error.WriteLineAsync(Printable.Of(e.Message));
            return ExitCodes.Error;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Cancelled; nothing was kept.");
            return ExitCodes.Cancelled;
        }
    }

    /// <summary>Who uses the command line needs no sign-in, and stands in the audit log all the same.</summary>
    public static Task NoteAsync(CommandDatabase database, string what, CancellationToken cancel) =>
        new AuditTrail(database.Contexts, TimeProvider.System).NoteAsync($"command line ({Environment.UserName})", null, what, AuditTrail.Done, cancel);

    /// <summary>As <c>./run</c> reads it here: what it would delete is pinned.</summary>
    public static Retention Retention()
    {
        var errors = new List<FieldError>();
        var configuration = UpSettings.Configuration();
        var retention = Results.Domain.Retention.Read(key => configuration[key], errors);
        return errors.Count == 0 ? retention : throw new HostingException(errors[0].ToString(), ExitCodes.BadInput);
    }

    public static HostingException Refused(string field, string value, string allowed) => new(new FieldError(field, value, allowed).ToString(), ExitCodes.BadInput);

    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes >= 10_000_000 ? bytes / 1e6 : bytes / 1e3):0.#} {(bytes >= 10_000_000 ? "MB" : "kB")}");
}
