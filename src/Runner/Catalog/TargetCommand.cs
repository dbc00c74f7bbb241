using System.Globalization;
using System.Text.RegularExpressions;

namespace Wobble.Runner.Catalog;

/// <summary>What a server's command is filled in with, for one process.</summary>
internal sealed record CommandValues
{
    public required int Port { get; init; }
    public required int Workers { get; init; }
    /// <summary><c>module:callable</c>.</summary>
    public required string App { get; init; }
    /// <summary>Debian's interpreter, or that of the target's virtual environment.</summary>
    public required string Python { get; init; }
    /// <summary>Folder of the server's manifest.</summary>
    public required string Folder { get; init; }
    /// <summary>Arguments that options add, in the order of the manifest; they may have placeholders, too.</summary>
    public required IReadOnlyList<string> Options { get; init; }
}

/// <summary>Placeholders of a server's command. <c>{options}</c> stands alone and becomes as many arguments as the options add.</summary>
internal static partial class TargetCommand
{
    public static readonly IReadOnlyList<string> Placeholders = ["{port}", "{workers}", "{app}", "{module}", "{callable}", "{python}", "{folder}", "{options}"];

    [GeneratedRegex(@"\{[a-z_]*\}")]
    private static partial Regex PlaceholderPattern { get; }

    public static string? UnknownPlaceholder(string word) =>
        PlaceholderPattern.Matches(word).Select(m => m.Value).FirstOrDefault(p => !Placeholders.Contains(p) || (p == "{options}" && word != p));

    public static bool IsPlaceholder(string word) => Placeholders.Any(p => word.StartsWith(p, StringComparison.Ordinal));

    public static IReadOnlyList<string> Fill(IReadOnlyList<string> command, CommandValues values)
    {
        string[] app = values.App.Split(':');
        return command.SelectMany(word => word == "{options}" ? values.Options.Select(Fill) : [Fill(word)]).ToList();

        string Fill(string word) => PlaceholderPattern.Replace(word, match => match.Value switch
        {
            "{port}" => values.Port.ToString(CultureInfo.InvariantCulture),
            "{workers}" => values.Workers.ToString(CultureInfo.InvariantCulture),
            "{app}" => values.App,
            "{module}" => app[0],
            "{callable}" => app[1],
            "{python}" => values.Python,
            "{folder}" => values.Folder,
            _ => match.Value,
        });
    }
}
