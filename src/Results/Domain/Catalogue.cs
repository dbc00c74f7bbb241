using System.Text.RegularExpressions;

namespace Wobble.Results.Domain;

/// <summary>What a runner can run, and what it can't and why. Written by a Runner into its row, read by the Dashboard.</summary>
public sealed partial record Catalogue
{
    /// <summary>Every server × app of one interface, servers in catalogue order.</summary>
    public IReadOnlyList<CatalogueTarget> Targets { get; init; } = [];
    /// <summary>Manifests that could not be read: shown as broken, with file, key and reason.</summary>
    public IReadOnlyList<BrokenManifest> Broken { get; init; } = [];
    /// <summary>The article's 13 rows, with its published figures.</summary>
    public IReadOnlyList<ArticleRow> Article { get; init; } = [];
    /// <summary>Cores the run may use; decides default workers.</summary>
    public int Cores { get; init; } = 1;
    /// <summary>Versions and absences of what every stack needs: <c>nginx</c>, <c>pgbouncer</c>, <c>postgresql</c>, <c>bubblewrap</c>.</summary>
    public IReadOnlyList<Part> Parts { get; init; } = [];

    /// <summary>The target of that name, or null.</summary>
    public CatalogueTarget? Find(string? name) => Targets.FirstOrDefault(t => t.Name == name);

    /// <summary>As it is told to who isn't signed in: without where things lie on the machine. Of a manifest's path its last name stays, of one in a sentence nothing.</summary>
    public Catalogue ForStrangers() => this with
    {
        Targets = [.. Targets.Select(t => t with { AddedFrom = null, Unavailable = t.Unavailable is { } why ? WithoutPaths(why) : null })],
        Broken = [.. Broken.Select(b => b with { File = Path.GetFileName(b.File), Reason = WithoutPaths(b.Reason) })],
    };

    private static string WithoutPaths(string sentence) => FullPath().Replace(sentence, "…");

    // No address (https://…), no name of two parts (server/app) and nothing relative. A folder's name may have spaces: a word with a slash after them belongs to it.
    [GeneratedRegex(@"(?<![\w./-])(?:file://)?/(?!/)[^\s'""]*[^\s'"".,:;)](?: [^\s'""/:]+/[^\s'""]*[^\s'"".,:;)])*")]
    private static partial Regex FullPath();
}

/// <summary>A program or package a stack is made of.</summary>
/// <param name="Name">As its maintainers write it.</param>
/// <param name="Version">Null when it is absent.</param>
/// <param name="Missing">Why it can't be used and what to do; null when it can.</param>
public sealed record Part(string Name, string? Version, string? Missing);

/// <summary>One target as a runner sees it.</summary>
public sealed record CatalogueTarget
{
    /// <summary><c>server/app</c>.</summary>
    public required string Name { get; init; }
    /// <summary>The server's name, such as <c>uwsgi-http</c>.</summary>
    public required string Server { get; init; }
    /// <summary>The app's name, such as <c>bottle</c>.</summary>
    public required string App { get; init; }
    /// <summary><c>wsgi</c>, <c>asgi</c> or a server's own, such as <c>aiohttp</c>.</summary>
    public required string Interface { get; init; }
    /// <summary>sync, green or async.</summary>
    public required TargetClass Class { get; init; }
    /// <summary>Null when it can run here; else a sentence beginning "not installed, because …" or the like.</summary>
    public string? Unavailable { get; init; }
    /// <summary>What a user should know before the first run ("is installed from requirements.txt at its first run"); null when there is nothing.</summary>
    public string? Note { get; init; }
    /// <summary>True when the target speaks a protocol that only nginx translates (uwsgi).</summary>
    public bool NeedsProxy { get; init; }
    /// <summary>True when N workers are N processes behind an nginx upstream: more than one then needs the proxy.</summary>
    public bool OneProcessEach { get; init; }
    /// <summary>Versions of server, app, Python and drivers.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();
    /// <summary>Options that may be given, with their allowed values and defaults (the article's).</summary>
    public IReadOnlyList<TargetOption> Options { get; init; } = [];
    /// <summary>One line on what it is, for the Targets page.</summary>
    public string? About { get; init; }
    /// <summary>What its server is, one line; null in catalogues of older Runners.</summary>
    public string? ServerAbout { get; init; }
    /// <summary>What its app is, one line; null in catalogues of older Runners.</summary>
    public string? AppAbout { get; init; }
    /// <summary>The folder it came from when a user added it; null for Wobble's own.</summary>
    public string? AddedFrom { get; init; }
}

/// <summary>A switch of a target.</summary>
/// <param name="Name">Such as <c>driver</c>.</param>
/// <param name="Default">The article's value.</param>
/// <param name="Values">Allowed values; empty when it is a number.</param>
/// <param name="Min">Least number, when it is one.</param>
/// <param name="Max">Greatest number, when it is one.</param>
/// <param name="About">What it switches, one line.</param>
public sealed record TargetOption(string Name, string Default, IReadOnlyList<string> Values, int? Min, int? Max, string About)
{
    /// <summary>Allowed values that can't be used on this runner → why and what to do about it.</summary>
    public IReadOnlyDictionary<string, string> Unavailable { get; init; } = new Dictionary<string, string>();
    /// <summary>Other options → the value they must have for any value but the default to mean something.</summary>
    public IReadOnlyDictionary<string, string> Needs { get; init; } = new Dictionary<string, string>();
    /// <summary>True for a switch of the proxy: it means nothing without one.</summary>
    public bool NeedsProxy { get; init; }
}

/// <summary>A manifest that can't be used.</summary>
/// <param name="File">Path of the manifest.</param>
/// <param name="Key">The key that is wrong, missing or unknown; empty when the file isn't JSON.</param>
/// <param name="Reason">What is wrong and what is allowed.</param>
public sealed record BrokenManifest(string File, string Key, string Reason);

/// <summary>A row of the article's table.</summary>
public sealed record ArticleRow(string Target, int Workers, double P50Ms, double P99Ms, double Throughput);
