using System.Text.Json;
using Wobble.Results.Domain;

namespace Wobble.Results.Exports;

/// <summary>A plan as text, from whoever wrote it. Guarantees: a plan that is answered has everything an Execution relies on; else the error names the field.</summary>
public static class PlanText
{
    /// <summary>The most characters: configuration files are in it.</summary>
    public const int Longest = 4 * 1024 * 1024;

    /// <summary>Reads a plan.</summary>
    public static (Plan? Plan, FieldError? Error) Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > Longest) return Refused("plan", $"{text.Length} characters", $"at most {Longest} characters");
        Plan plan;
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            if (json.RootElement.ValueKind != JsonValueKind.Object) return Refused("plan", json.RootElement.ValueKind.ToString(), "a JSON object; ./wobble plan TARGET prints one");
            if (ImportJson.NullItem(json.RootElement, "") is { } path) return Refused(path, "null", "a value");
            plan = json.RootElement.Deserialize<Plan>(ImportJson.Options)!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            string path = ((e as JsonException)?.Path ?? "").TrimStart('$', '.');
            return Refused(path.Length is 0 or > 200 ? "plan" : path, "what is there", $"what ./wobble plan prints ({(e.Message.Length > 200 ? e.Message[..199] + "…" : e.Message)})");
        }
        return (ImportRules.Check(plan) ?? Check(plan)) is { } error ? (null, error) : (plan, null);
    }

    private static FieldError? Check(Plan plan)
    {
        foreach (var (name, path) in new[] { ("run_folder", plan.Layout.RunFolder), ("app_folder", plan.Layout.AppFolder), ("cluster_folder", plan.Layout.ClusterFolder), ("app_source", plan.Layout.AppSource) })
            if (!IsAbsolute(path)) return Wrong($"layout.{name}", path, "an absolute path");
        if (plan.Layout.ReadOnlyFolders.FirstOrDefault(f => !IsAbsolute(f)) is { } folder) return Wrong("layout.read_only_folders", folder, "absolute paths");
        if (plan.Layout.Ports.FirstOrDefault(p => p.Value is < 1 or > 65535) is { Key: { } port, Value: var number }) return Wrong($"layout.ports.{port}", number, "1 to 65535");
        if (plan.Nonce.Length is 0 or > 200 || plan.Nonce.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))) return Wrong("nonce", plan.Nonce, "1 to 200 letters, digits, - and _");
        if (plan.Components.Count == 0) return Wrong("components", "none", "at least the database");
        if (plan.Components.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count() < plan.Components.Count) return Wrong("components.name", plan.Components[0].Name, "names that differ");
        return plan.Components.Select(Check).FirstOrDefault(e => e is not null) ?? CheckLoad(plan.Load);
    }

    private static FieldError? Check(ComponentPlan component, int i)
    {
        string at = $"components[{i}]";
        if (component.Name.Length == 0 || component.Name.Any(c => c is '/' or '\0')) return Wrong($"{at}.name", component.Name, "a name without /");
        if (!Enum.IsDefined(component.Kind)) return Wrong($"{at}.kind", component.Kind, "database, pooler, target, proxy or generator");
        if (component.Command.Count == 0 || !IsAbsolute(component.Command[0]) || component.Command.Any(c => c.Contains('\0', StringComparison.Ordinal))) return Wrong($"{at}.command", component.Command.Count > 0 ? component.Command[0] : "", "an absolute program and its arguments");
        if (component.Environment.FirstOrDefault(e => e.Key.Length == 0 || e.Key.Contains('=', StringComparison.Ordinal) || (e.Key + e.Value).Contains('\0', StringComparison.Ordinal)) is { Key: { } variable }) return Wrong($"{at}.environment", variable, "names without =");
        if (component.Files.Keys.FirstOrDefault(f => f.Length == 0 || f[0] == '/' || f.Contains('\0', StringComparison.Ordinal) || f.Split('/').Contains("..")) is { } file) return Wrong($"{at}.files", file, "paths below the run's folder");
        if (component.WorkingDirectory is { } directory && !IsAbsolute(directory)) return Wrong($"{at}.working_directory", directory, "an absolute path");
        if (component.StopSignal is not ("TERM" or "INT" or "QUIT")) return Wrong($"{at}.stop_signal", component.StopSignal, "TERM, INT or QUIT");
        if (component.StopWithin > TimeSpan.FromMinutes(10)) return Wrong($"{at}.stop_within", Duration.Format(component.StopWithin), "at most 10m");
        if (component.Workers is < 0 or > DefinitionRules.MaxWorkers) return Wrong($"{at}.workers", component.Workers, $"0 to {DefinitionRules.MaxWorkers}");
        if (component.Ready.Kind is not ("tcp" or "http" or "postgresql")) return Wrong($"{at}.ready.kind", component.Ready.Kind, "tcp, http or postgresql");
        if (component.Ready.Port is < 1 or > 65535) return Wrong($"{at}.ready.port", component.Ready.Port, "1 to 65535");
        if (component.Ready.Kind == "http" && component.Ready.Path is not ['/', ..]) return Wrong($"{at}.ready.path", component.Ready.Path ?? "", "a path that begins with /");
        return component.Ready.Within > TimeSpan.FromMinutes(30) ? Wrong($"{at}.ready.within", Duration.Format(component.Ready.Within), "at most 30m") : null;
    }

    private static FieldError? CheckLoad(LoadPlan load)
    {
        if (load.Host.Length is 0 or > 255) return Wrong("load.host", load.Host, "1 to 255 characters");
        if (load.Port is < 0 or > 65535) return Wrong("load.port", load.Port, "0 to 65535");
        if (load.Warmup > DefinitionRules.MaxWarmup) return Wrong("load.warmup", Duration.Format(load.Warmup), $"at most {Duration.Format(DefinitionRules.MaxWarmup)}");
        if (load.For is { } length && (length < DefinitionRules.MinFor || length > DefinitionRules.MaxFor)) return Wrong("load.for", Duration.Format(length), $"{Duration.Format(DefinitionRules.MinFor)} to {Duration.Format(DefinitionRules.MaxFor)}");
        if (load.Count is < 1 or > DefinitionRules.MaxRequests) return Wrong("load.count", load.Count, $"1 to {DefinitionRules.MaxRequests}");
        if (load.For is null && load.Count is null && load.Stages.Count == 0) return Wrong("load.for", "nothing", "for, count or stages");
        if (load.Stages.Any(s => s.For < TimeSpan.FromSeconds(1) || s.For > DefinitionRules.MaxFor || (s.Rate is null) == (s.Connections is null) || s.Rate is not (null or (> 0 and <= DefinitionRules.MaxRate)) || s.Connections is < 1 or > DefinitionRules.MaxConnections)) return Wrong("load.stages", "a stage", LoadStage.Allowed);
        if (LoadStage.Length(load.Stages) is var all && all > DefinitionRules.MaxFor) return Wrong("load.stages", Duration.Format(all), LoadStage.Allowed);
        if (load.Deadline <= TimeSpan.Zero || load.Deadline > TimeSpan.FromMinutes(1)) return Wrong("load.deadline", Duration.Format(load.Deadline), "above 0, at most 1m");
        if (load.MaxWaiting is < 0 or > 10_000_000) return Wrong("load.max_waiting", load.MaxWaiting, "0 to 10000000");
        if (load.Threads is < 1 or > 64) return Wrong("load.threads", load.Threads, "1 to 64");
        if (load.Schedule is not ("constant" or "poisson")) return Wrong("load.schedule", load.Schedule, "constant or poisson");
        if (load.Engine is not ("auto" or "io_uring" or "epoll")) return Wrong("load.engine", load.Engine, "auto, io_uring or epoll");
        if (load.Requests.Any(r => !(r.Weight > 0))) return Wrong("load.requests.weight", load.Requests.First(r => !(r.Weight > 0)).Weight, "above 0");
        if (load.Requests.FirstOrDefault(r => r.Path is not ['/', ..] || r.Path.Any(c => c is ' ' or '\r' or '\n' or '\0')) is { } bad) return Wrong("load.requests.path", bad.Path, "a path that begins with /, without blanks");
        if (load.Requests.FirstOrDefault(r => r.Method.Length == 0 || !r.Method.All(char.IsAsciiLetterUpper)) is { } odd) return Wrong("load.requests.method", odd.Method, "an HTTP method in capitals");
        if (load.Requests.FirstOrDefault(r => r.Keys < 1) is { } keyless) return Wrong("load.requests.keys", keyless.Keys, "at least 1");
        return load.Requests.SelectMany(r => r.Headers).FirstOrDefault(h => (h.Key + h.Value).Any(c => c is '\r' or '\n' or '\0') || h.Key.Length == 0) is { Key: { } header } ? Wrong("load.requests.headers", header, "names and values on one line") : null;
    }

    private static bool IsAbsolute(string path) => path is ['/', ..] && !path.Contains('\0', StringComparison.Ordinal);

    private static FieldError Wrong(string field, object? value, string allowed)
    {
        string shown = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
        return new FieldError(field, shown.Length > 80 ? shown[..79] + "…" : shown, allowed);
    }

    private static (Plan?, FieldError?) Refused(string field, string value, string allowed) => (null, new FieldError(field, value, allowed));
}
