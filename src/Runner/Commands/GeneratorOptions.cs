using System.CommandLine;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Runner.Load;

namespace Wobble.Runner.Commands;

/// <summary>What was written of the generator itself and of its requests.</summary>
internal sealed record GeneratorChoice
{
    public int? Threads { get; init; }
    public string Engine { get; init; } = "auto";
    /// <summary>Null: not chosen.</summary>
    public string? Schedule { get; init; }
    public string Priority { get; init; } = "highest";
    public TimeSpan? Deadline { get; init; }
    public long? Seed { get; init; }
    public int? MaxWaiting { get; init; }
    public string? UnixSocket { get; init; }
    public string Method { get; init; } = "GET";
    public string? Body { get; init; }
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<LoadRequest>? File { get; init; }

    /// <summary>The mix of the file, each with the headers given; else one kind to the URL's path.</summary>
    public IReadOnlyList<LoadRequest> RequestsTo(string path)
    {
        if (File is null) return [new LoadRequest { Kind = "request", Path = path, Method = Method, Body = Body, Headers = Headers }];
        return [.. File.Select(r => r with { Headers = Merged(r.Headers) })];
    }

    private Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> headers)
    {
        var all = new Dictionary<string, string>(Headers, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers) all[name] = value;
        return all;
    }
}

/// <summary>The options that <c>load</c> has and <c>run</c> has not.</summary>
internal sealed class GeneratorOptions
{
    private readonly Option<string?> threads = new("--threads", "-t") { HelpName = "N", Description = "Threads of the generator (default 1)." };
    private readonly Option<string> engine = new("--engine") { HelpName = "ENGINE", DefaultValueFactory = _ => "auto", Description = "auto, io_uring or epoll." };
    private readonly Option<string?> schedule = new("--schedule") { HelpName = "SCHEDULE", Description = "Intended send times of an open loop: constant (the default) or poisson." };
    private readonly Option<string> priority = new("--priority") { HelpName = "PRIORITY", DefaultValueFactory = _ => "highest", Description = "highest that it may have, or normal." };
    private readonly Option<string?> deadline = new("--deadline") { HelpName = "TIME", Description = "A request without its whole answer by then failed (default 10s)." };
    private readonly Option<string?> seed = new("--seed") { HelpName = "N", Description = "Seed of random keys, mix and schedule (default 1)." };
    private readonly Option<string?> maxWaiting = new("--max-waiting") { HelpName = "N", Description = "Open loop: requests that may wait for a connection (default 100,000); further ones are dropped, and counted." };
    private readonly Option<string?> unixSocket = new("--unix-socket") { HelpName = "PATH", Description = "Connect to this unix socket; the URL gives host header and path." };
    private readonly Option<string[]> headers = new("--header", "-H") { HelpName = "'NAME: VALUE'", Description = "A header of each request. May be given several times." };
    private readonly Option<string?> method = new("--method", "-X") { HelpName = "METHOD", Description = "GET (the default), HEAD, POST, PUT, PATCH, DELETE or OPTIONS." };
    private readonly Option<string?> body = new("--body") { HelpName = "TEXT", Description = "Body of each request." };
    private readonly Option<string?> file = new("--file") { HelpName = "FILE", Description = """A weighted mix of requests as JSON: [{"kind": "row", "weight": 95, "path": "/row?key={key}"}, …]; also method, headers, body, keys.""" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[threads, engine, schedule, priority, deadline, seed, maxWaiting, unixSocket, headers, method, body, file]) command.Add(option);
    }

    public GeneratorChoice Read(ParseResult parsed, List<FieldError> errors)
    {
        string? path = parsed.GetValue(file);
        string? bodyText = parsed.GetValue(body), methodWord = parsed.GetValue(method)?.ToUpperInvariant();
        if (path is not null && bodyText is not null) errors.Add(new FieldError("body", bodyText, "no body beside a file: the file's requests have their own"));
        if (path is not null && methodWord is not null) errors.Add(new FieldError("method", methodWord, "no method beside a file: the file's requests have their own"));
        return new GeneratorChoice
        {
            Threads = (int?)LoadOptions.Whole("threads", parsed.GetValue(threads), LoadRules.MaxThreads, errors),
            Engine = parsed.GetValue(engine)!,
            Schedule = parsed.GetValue(schedule),
            Priority = parsed.GetValue(priority)!,
            Deadline = LoadOptions.Time("deadline", parsed.GetValue(deadline), errors),
            Seed = LoadOptions.Whole("seed", parsed.GetValue(seed), long.MaxValue, errors),
            MaxWaiting = (int?)LoadOptions.Whole("max_waiting", parsed.GetValue(maxWaiting), LoadRules.MostWaiting, errors),
            UnixSocket = parsed.GetValue(unixSocket),
            Method = methodWord ?? "GET",
            Body = bodyText,
            Headers = ReadHeaders(parsed.GetValue(headers) ?? [], errors),
            File = path is null ? null : ReadFile(path, errors),
        };
    }

    private static Dictionary<string, string> ReadHeaders(string[] lines, List<FieldError> errors)
    {
        var read = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) errors.Add(new FieldError("header", line, "NAME: VALUE"));
            else read[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }
        return read;
    }

    private static List<LoadRequest>? ReadFile(string path, List<FieldError> errors)
    {
        try
        {
            return JsonSerializer.Deserialize<List<LoadRequest>>(File.ReadAllText(path), WobbleJson.Strict);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            errors.Add(new FieldError("file", path, $"a JSON list of requests: {e.Message}"));
            return null;
        }
    }
}
