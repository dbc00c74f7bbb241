using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>What servers and apps have in common: a name, what must be installed, and switches.</summary>
internal abstract record Manifest
{
    public required string Name { get; init; }
    public required string Title { get; init; }
    /// <summary><c>wsgi</c>, <c>asgi</c>, or a word of their own that server and app share.</summary>
    public required string Interface { get; init; }
    /// <summary>Debian packages that must be installed.</summary>
    public required IReadOnlyList<string> Packages { get; init; }
    /// <summary>The package (Debian's, or one of the requirements) whose version counts as its own; null when it has none.</summary>
    public string? Version { get; init; }
    /// <summary>requirements.txt of what Debian lacks, absolute; null when Debian has it all.</summary>
    public string? Requirements { get; init; }
    public required IReadOnlyList<ManifestOption> Options { get; init; }
    public required string About { get; init; }
    /// <summary>The manifest's own path.</summary>
    public required string File { get; init; }
    /// <summary>The user's folder it came from; null for Wobble's own.</summary>
    public string? AddedFrom { get; init; }

    public string Folder => Path.GetDirectoryName(File)!;
}

/// <summary>A server: how it is started, and how it is stopped.</summary>
internal sealed record ServerManifest : Manifest
{
    public required TargetClass Class { get; init; }
    /// <summary>Program and arguments with placeholders, see <see cref="TargetCommand"/>.</summary>
    public required IReadOnlyList<string> Command { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required WorkerProcesses Processes { get; init; }
    /// <summary><c>http</c>, or <c>uwsgi</c>, which only nginx translates.</summary>
    public required string Protocol { get; init; }
    public required string StopSignal { get; init; }
    public required TimeSpan StopWithin { get; init; }
    /// <summary><c>http</c> or <c>tcp</c>.</summary>
    public required string ReadyKind { get; init; }
    public required string? ReadyPath { get; init; }
    public required TimeSpan ReadyWithin { get; init; }
}

/// <summary>An app: where its source is, and how it speaks to the database.</summary>
internal sealed record AppManifest : Manifest
{
    /// <summary><c>module:callable</c>, importable from the app's folder.</summary>
    public required string App { get; init; }
    /// <summary><c>sync</c>, <c>async</c> (the shared modules, with their options) or <c>none</c>.</summary>
    public required string Database { get; init; }
    /// <summary>Servers of its interface that it can't run under → why, a clause to follow "because".</summary>
    public required IReadOnlyDictionary<string, string> NotUnder { get; init; }
}

/// <summary>How N workers become processes.</summary>
internal enum WorkerProcesses
{
    /// <summary>A master and N workers below it.</summary>
    Master,
    /// <summary>A master and N workers, but for one worker the process itself.</summary>
    MasterOfMany,
    /// <summary>N processes on N ports, each one worker.</summary>
    OneEach,
}

/// <summary>A switch, and what each value does to the command line and the environment.</summary>
internal sealed record ManifestOption
{
    public required string Name { get; init; }
    public required string Default { get; init; }
    /// <summary>Allowed values; empty when it is a number of <see cref="Min"/> … <see cref="Max"/>.</summary>
    public required IReadOnlyList<string> Values { get; init; }
    public int? Min { get; init; }
    public int? Max { get; init; }
    public required string About { get; init; }
    /// <summary>Value (or <c>*</c> for any) → arguments, put where the command says <c>{options}</c>.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Arguments { get; init; }
    /// <summary>Value (or <c>*</c>) → environment variables.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Environment { get; init; }
    /// <summary>Value → Debian packages that only this value needs.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Packages { get; init; }
    /// <summary>Another option and the value it must have for any value but the default to mean something.</summary>
    public required IReadOnlyDictionary<string, string> Needs { get; init; }

    public bool Allows(string value) => Values.Count > 0
        ? Values.Contains(value)
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= Min && number <= Max;

    public IReadOnlyList<string> ArgumentsOf(string value) => ForValue(Arguments, value) is { } arguments
        ? arguments.Select(a => a.Replace("{value}", value, StringComparison.Ordinal)).ToList()
        : [];

    public IReadOnlyDictionary<string, string> EnvironmentOf(string value) => ForValue(Environment, value) is { } variables
        ? variables.ToDictionary(v => v.Key, v => v.Value.Replace("{value}", value, StringComparison.Ordinal))
        : new Dictionary<string, string>();

    private static T? ForValue<T>(IReadOnlyDictionary<string, T> map, string value) where T : class =>
        map.TryGetValue(value, out var exact) ? exact : map.GetValueOrDefault("*");
}

/// <summary>What a shared module for the database needs and offers.</summary>
internal sealed record DatabaseStyle(IReadOnlyList<string> Packages, IReadOnlyList<ManifestOption> Options);

/// <summary>A manifest can't be used: which key, and why.</summary>
internal sealed class ManifestException(string key, string reason) : Exception(reason)
{
    public string Key { get; } = key;
}
