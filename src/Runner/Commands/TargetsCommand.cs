using System.CommandLine;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;

namespace Wobble.Runner.Commands;

internal static class TargetsCommand
{
    public static Command Create()
    {
        var data = DataOption.Create();
        var json = new Option<bool>("--json") { Description = "Print the catalogue as one JSON object on stdout." };
        var command = new Command("targets", "Lists the targets, their versions, and what is missing and why.") { json, data };
        command.SetAction(async (parsed, cancel) =>
        {
            var reader = CatalogueReader.FromSettings(DataOption.Of(parsed, data));
            var loaded = await reader.ReadAsync();
            if (await TryUnknownAsync(reader, loaded, cancel)) loaded = await reader.ReadAsync();
            if (parsed.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(loaded.Catalogue, WobbleJson.Options));
            else TargetsTable.Write(loaded.Catalogue, Console.Out);
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Tries once, and shortly, what may be installed and was never tried: the answer is remembered, so the next list comes at once.</summary>
    internal static async Task<bool> TryUnknownAsync(CatalogueReader reader, LoadedCatalogue loaded, CancellationToken cancel)
    {
        var unknown = reader.NeverTried(loaded);
        if (unknown.Count == 0) return false;
        Console.Error.WriteLine($"Trying to install {string.Join(" and ", unknown.Select(e => e.Wanted))} with pip, at most {PythonEnvironments.QuickLimit.TotalSeconds:0} s; this is done once …");
        // One after the other: an installation holds the machine, and the next would give up at once.
        foreach (var environment in unknown) await reader.Environments.EnsureAsync(environment, PythonEnvironments.QuickLimit, cancel: cancel);
        return true;
    }
}

/// <summary>The catalogue as text: one line a target, what is broken below.</summary>
internal static class TargetsTable
{
    public static void Write(Catalogue catalogue, TextWriter to)
    {
        var rows = catalogue.Targets.Select(t => (string[])[t.Name, t.Class.ToString().ToLowerInvariant(), t.Interface, t.Unavailable ?? t.Note ?? Versions(t)]).ToList();
        TextTable.Write(["TARGET", "CLASS", "INTERFACE", "VERSIONS, OR WHY IT CAN'T RUN"], rows, to);
        int available = catalogue.Targets.Count(t => t.Unavailable is null);
        to.WriteLine();
        to.WriteLine($"{available} of {catalogue.Targets.Count} targets can run here. The stack: {string.Join(", ", catalogue.Parts.Select(p => p.Missing is null ? $"{p.Name} {p.Version}" : $"no {p.Name} ({p.Missing})"))}.");
        foreach (var broken in catalogue.Broken) to.WriteLine(Printable.Of($"broken: {broken.File}: {(broken.Key.Length == 0 ? "" : broken.Key + " ")}{broken.Reason}"));
    }

    private static string Versions(CatalogueTarget target) => string.Join(", ", target.Versions.Select(v => $"{v.Key} {v.Value}"));
}

/// <summary>Aligned columns, as wide as their widest cell; the last one is not padded.</summary>
internal static class TextTable
{
    public static void Write(IReadOnlyList<string> head, IReadOnlyList<IReadOnlyList<string>> rows, TextWriter to)
    {
        int[] widths = head.Select((title, column) => rows.Select(r => r[column].Length).Append(title.Length).Max()).ToArray();
        foreach (var row in rows.Prepend(head)) to.WriteLine(Printable.Of(string.Join("  ", row.Select((cell, column) => column == row.Count - 1 ? cell : cell.PadRight(widths[column])))));
    }
}
