using System.CommandLine;
using System.Text.Json;
using Wobble.Results;
using Wobble.Runner.Catalog;

namespace Wobble.Runner.Commands;

internal static class DoctorCommand
{
    public static Command Create()
    {
        var data = DataOption.Create();
        var json = new Option<bool>("--json") { Description = "Print the findings as one JSON object on stdout." };
        var install = new Option<bool>("--install") { Description = "First install what Debian lacks (meinheld, sanic, and what your own targets require) with pip into virtual environments, also where that failed before." };
        var command = new Command("doctor", $"Says what is here, what is missing, and what to do about it. Ends with 0 when a default run can work, else with {ExitCodes.Error}.") { install, json, data };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = DataOption.Of(parsed, data);
            var reader = CatalogueReader.FromSettings(folder);
            if (parsed.GetValue(install)) await InstallAsync(reader, cancel);
            var loaded = await reader.ReadAsync();
            IReadOnlyList<Finding> findings = [.. Doctor.Examine(loaded.Catalogue, MachineFacts.Read(), folder), .. await HostingFindings.ExamineAsync(folder, Hosting.UpSettings.Configuration(), cancel)];
            bool works = findings.All(f => f.Grade != Grade.Error);
            if (parsed.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(new { Works = works, Install = loaded.InstallLine, Findings = findings }, WobbleJson.Options));
            else Write(findings, loaded.InstallLine, works);
            return works ? ExitCodes.Ok : ExitCodes.Error;
        });
        return command;
    }

    private static async Task InstallAsync(CatalogueReader reader, CancellationToken cancel)
    {
        var loaded = await reader.ReadAsync();
        foreach (var environment in loaded.Targets.Select(t => t.Environment).OfType<PythonEnvironment>().DistinctBy(e => e.Folder).Where(e => !e.IsInstalled))
        {
            Console.Error.WriteLine($"Installing {string.Join(", ", environment.Requirements)} into {environment.Folder} …");
            var failure = await reader.Environments.EnsureAsync(environment, PythonEnvironments.FullLimit, retry: true, Waiting, cancel);
            Console.Error.WriteLine(failure is null ? "Installed." : Printable.Of($"Not installed, because {failure.Reason}."));
        }
    }

    private static ValueTask Waiting(string holder)
    {
        Console.Error.WriteLine(Printable.Of($"Waiting for the run that goes on{holder}: an installation would disturb it …"));
        return ValueTask.CompletedTask;
    }

    private static void Write(IReadOnlyList<Finding> findings, string? installLine, bool works)
    {
        var rows = findings.Select(f => (string[])[Mark(f.Grade), f.Check, f.Remedy is null ? f.Text : $"{f.Text}. To mend it: {f.Remedy}"]).ToList();
        TextTable.Write(["", "CHECK", "FOUND"], rows, Console.Out);
        Console.Out.WriteLine();
        if (installLine is not null) Console.Out.WriteLine($"All that Debian has and is missing here: {installLine}");
        Console.Out.WriteLine(works ? "A default run can work." : "A default run can't work yet.");
    }

    private static string Mark(Grade grade) => grade switch
    {
        Grade.Ok => "ok",
        Grade.Warning => "!",
        _ => "✗",
    };
}
