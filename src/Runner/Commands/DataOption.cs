using System.CommandLine;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Commands;

/// <summary>The option <c>--data DIR</c>, the same for every command that needs the data folder.</summary>
internal static class DataOption
{
    public static Option<string?> Create() => new("--data") { HelpName = "DIR", Description = $"Wobble's data folder (default {DataFolder.Default})." };

    public static DataFolder Of(ParseResult parsed, Option<string?> option) => new(parsed.GetValue(option) is { Length: > 0 } named ? named : DataFolder.Default);
}
