using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>Reads one manifest file. Everything wrong with it is a <see cref="ManifestException"/>; what is read can be planned.</summary>
internal static partial class ManifestReader
{
    private static readonly string[] DatabaseStyles = ["sync", "async", "none"];

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,39}$")]
    private static partial Regex NamePattern { get; }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,29}$")]
    private static partial Regex OptionNamePattern { get; }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex AppPattern { get; }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*==\s*[^\s,]+")]
    private static partial Regex PinnedPattern { get; }

    public static ServerManifest ReadServer(string file, string? addedFrom) => Read(file, root =>
    {
        string name = NameOf(root, Path.GetFileNameWithoutExtension(file));
        var stop = root.Object("stop");
        var ready = root.Object("ready");
        var server = new ServerManifest
        {
            Name = name,
            Title = root.Text("title"),
            Class = Enum.Parse<TargetClass>(root.OneOf("class", "sync", "green", "async"), ignoreCase: true),
            Interface = InterfaceOf(root),
            Packages = root.Texts("packages"),
            Version = root.OptionalText("version"),
            Requirements = RequirementsOf(root, file),
            Command = root.Texts("command"),
            Environment = root.OptionalMap("environment", ManifestObject.TextOf),
            Options = OptionsOf(root),
            Processes = root.OneOf("processes", "master", "master_of_many", "one_each") switch
            {
                "master" => WorkerProcesses.Master,
                "master_of_many" => WorkerProcesses.MasterOfMany,
                _ => WorkerProcesses.OneEach,
            },
            Protocol = root.OneOf("protocol", "http", "uwsgi"),
            StopSignal = stop.OneOf("signal", "TERM", "INT", "QUIT"),
            StopWithin = stop.Length("within"),
            ReadyKind = ready.OneOf("kind", "http", "tcp"),
            ReadyPath = ready.OptionalText("path"),
            ReadyWithin = ready.Length("within"),
            About = root.Text("about"),
            File = file,
            AddedFrom = addedFrom,
        };
        stop.RefuseUnknown();
        ready.RefuseUnknown();
        CheckServer(server);
        return server;
    });

    public static AppManifest ReadApp(string file, string? addedFrom) => Read(file, root =>
    {
        var app = new AppManifest
        {
            Name = NameOf(root, Path.GetFileName(Path.GetDirectoryName(file)!)),
            Title = root.Text("title"),
            Interface = InterfaceOf(root),
            App = root.Text("app"),
            Packages = root.Texts("packages"),
            Version = root.OptionalText("version"),
            Requirements = RequirementsOf(root, file),
            Database = root.OneOf("database", DatabaseStyles),
            NotUnder = root.OptionalMap("not_under", ManifestObject.TextOf),
            Options = OptionsOf(root),
            About = root.Text("about"),
            File = file,
            AddedFrom = addedFrom,
        };
        if (!AppPattern.IsMatch(app.App)) throw new ManifestException("app", $"'{app.App}' is not allowed; module:callable, such as app:app");
        string module = app.App.Split(':')[0].Replace('.', '/');
        string source = Path.Combine(app.Folder, module);
        if (!File.Exists(source + ".py") && !File.Exists(Path.Combine(source, "__init__.py"))) throw new ManifestException("app", $"there is no {module}.py beside the manifest");
        return app;
    });

    /// <summary>The styles of access to the database that Wobble's shared modules have.</summary>
    public static IReadOnlyDictionary<string, DatabaseStyle> ReadDatabases(string file) => Read(file, root =>
        DatabaseStyles.ToDictionary(style => style, style =>
        {
            var body = root.Object(style);
            var read = new DatabaseStyle(body.Texts("packages"), OptionsOf(body));
            body.RefuseUnknown();
            return read;
        }));

    /// <summary>The article's rows.</summary>
    public static IReadOnlyList<ArticleRow> ReadArticle(string file) => JsonSerializer.Deserialize<List<ArticleRow>>(File.ReadAllText(file), Wobble.Results.WobbleJson.Strict)!;

    private static T Read<T>(string file, Func<ManifestObject, T> read)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new ManifestException("", string.Create(CultureInfo.InvariantCulture, $"is no JSON, from line {e.LineNumber + 1} on"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ManifestException("", $"can't be read: {e.Message}");
        }
        using (document)
        {
            try
            {
                var root = new ManifestObject(document.RootElement, "");
                var result = read(root);
                root.RefuseUnknown();
                return result;
            }
            catch (InvalidOperationException e)
            {
                // A lone surrogate passes the parser and is found when its text is read.
                throw new ManifestException("", $"has a text that is no Unicode: {e.Message}");
            }
        }
    }

    private static string NameOf(ManifestObject root, string expected)
    {
        string name = root.Text("name");
        if (!NamePattern.IsMatch(name)) throw new ManifestException("name", $"'{name}' is not allowed; lower case letters, digits and -, at most 40");
        return name == expected ? name : throw new ManifestException("name", $"'{name}' is not allowed here; {expected}, as the {(expected.Length > 0 ? "file or folder" : "file")} is called");
    }

    private static string InterfaceOf(ManifestObject root)
    {
        string word = root.Text("interface");
        return NamePattern.IsMatch(word) ? word : throw new ManifestException("interface", $"'{word}' is not allowed; wsgi, asgi, or a word of its own in lower case");
    }

    private static string? RequirementsOf(ManifestObject root, string file)
    {
        if (root.OptionalText("requirements") is not { } relative) return null;
        if (relative.Contains('\0', StringComparison.Ordinal)) throw new ManifestException("requirements", "has a NUL; the name of a file");
        string full = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, relative));
        if (!File.Exists(full)) throw new ManifestException("requirements", $"there is no file {full}");
        string? loose = File.ReadLines(full).Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0 && l[0] is not ('#' or '-') && !PinnedPattern.IsMatch(l));
        return loose is null ? full : throw new ManifestException("requirements", $"'{loose}' in {full} is not allowed; package==version, one a line, with all that Debian's packages don't bring (as pip freeze lists it)");
    }

    private static void CheckServer(ServerManifest server)
    {
        if (server.Command.Count == 0) throw new ManifestException("command", "is empty; program and arguments");
        if (server is { ReadyKind: "http", ReadyPath: null }) throw new ManifestException("ready.path", "is missing; http asks a path, such as /cpu?ms=0");
        if (server is { Protocol: "uwsgi", ReadyKind: "http" }) throw new ManifestException("ready.kind", "'http' is not allowed; tcp, as the server doesn't speak HTTP");
        string[] needed = server.Processes == WorkerProcesses.OneEach ? ["{port}", "{app}"] : ["{port}", "{app}", "{workers}"];
        foreach (string placeholder in needed)
            if (!server.Command.Concat(server.Options.SelectMany(o => o.ArgumentsOf(o.Default))).Any(c => c.Contains(placeholder, StringComparison.Ordinal))) throw new ManifestException("command", $"has no {placeholder}");
        if (!server.Command.Contains("{options}") && server.Options.Any(o => o.Arguments.Count > 0)) throw new ManifestException("command", "has no {options}, but options have arguments");
        foreach (string word in server.Command.Concat(server.Options.SelectMany(o => o.Arguments.Values.SelectMany(a => a)).Select(a => a.Replace("{value}", "", StringComparison.Ordinal))))
            if (TargetCommand.UnknownPlaceholder(word) is { } unknown) throw new ManifestException("command", $"{unknown} is not known; {string.Join(", ", TargetCommand.Placeholders)} are");
        if (!TargetCommand.IsPlaceholder(server.Command[0]) && !Path.IsPathRooted(server.Command[0])) throw new ManifestException("command", $"'{server.Command[0]}' is no absolute path; such as /usr/bin/uwsgi, or {{python}}");
    }

    private static List<ManifestOption> OptionsOf(ManifestObject root)
    {
        var options = root.OptionalObjects("options").Select(OptionOf).ToList();
        string? twice = options.GroupBy(o => o.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? options : throw new ManifestException(root.PathOf("options"), $"has {twice} twice");
    }

    private static ManifestOption OptionOf(ManifestObject option)
    {
        var read = new ManifestOption
        {
            Name = option.Text("name"),
            Default = option.Text("default"),
            Values = option.OptionalTexts("values"),
            Min = option.OptionalNumber("min"),
            Max = option.OptionalNumber("max"),
            About = option.Text("about"),
            Arguments = option.OptionalMap("arguments", ManifestObject.TextsOf),
            Environment = option.OptionalMap("environment", ManifestObject.TextMapOf),
            Packages = option.OptionalMap("packages", ManifestObject.TextsOf),
            Needs = option.OptionalMap("needs", ManifestObject.TextOf),
        };
        option.RefuseUnknown();
        if (!OptionNamePattern.IsMatch(read.Name)) throw new ManifestException(option.PathOf("name"), $"'{read.Name}' is not allowed; lower case letters, digits and _, at most 30");
        if (read.Values.Count == 0 && (read.Min is null || read.Max is null || read.Min > read.Max)) throw new ManifestException(option.PathOf("values"), "is missing; values, or min and max of a number");
        if (read.Values.Count > 0 && (read.Min ?? read.Max) is not null) throw new ManifestException(option.PathOf("min"), "is not allowed beside values");
        if (!read.Allows(read.Default)) throw new ManifestException(option.PathOf("default"), $"'{read.Default}' is not one of its own values");
        foreach (var (map, keys) in new (string, IEnumerable<string>)[] { ("arguments", read.Arguments.Keys), ("environment", read.Environment.Keys), ("packages", read.Packages.Keys) })
            foreach (string value in keys)
                if (value != "*" && !read.Allows(value)) throw new ManifestException(option.PathOf($"{map}.{value}"), "is not one of the option's values, nor *");
        return read;
    }
}
