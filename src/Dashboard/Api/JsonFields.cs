using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Wobble.Results;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Api;

/// <summary>
/// Binds a JSON object to a record and names every field that is wrong, not only the first: an unknown one, a missing one, one of another type. The
/// record is there with the fields that could be read, so that its rules can say more about those; it is null when a required one is beyond reading.
/// </summary>
internal static class JsonFields
{
    private static readonly JsonSerializerOptions Options = new(WobbleJson.Strict) { RespectNullableAnnotations = true, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["target"] = "a text, a server and an app such as uwsgi-http/bottle",
        ["workers"] = $"a whole number, 1 to {DefinitionRules.MaxWorkers}",
        ["connections"] = $"a whole number, 1 to {DefinitionRules.MaxConnections}",
        ["rate"] = $"a number above 0, at most {DefinitionRules.MaxRate:0}; leave it out for a closed loop",
        ["warmup"] = $"a text, {Duration.Allowed}; 0s for none",
        ["for"] = $"a text, {Duration.Allowed}",
        ["requests"] = $"a whole number, 1 to {DefinitionRules.MaxRequests}",
        ["stages"] = $"a text, {LoadStage.Allowed}",
        ["workload"] = $"a text, {Workload.Allowed}",
        ["proxy"] = "a text, nginx or none",
        ["pooler"] = $"a text, {PoolerSetting.Allowed}",
        ["options"] = "an object of names and texts, such as {\"driver\": \"asyncpg\"}",
        ["repetitions"] = $"a whole number, 1 to {DefinitionRules.MaxRepetitions}",
    };

    /// <summary>Names of the record's fields in JSON, in their order.</summary>
    public static IEnumerable<string> NamesOf<T>() => Options.GetTypeInfo(typeof(T)).Properties.Where(p => p.Set is not null).Select(p => p.Name);

    public static (T? Value, IReadOnlyList<FieldError> Errors) Bind<T>(JsonObject body, params IEnumerable<string> moreNames) where T : class
    {
        var contract = Options.GetTypeInfo(typeof(T)).Properties.Where(p => p.Set is not null).ToDictionary(p => p.Name);
        var known = contract.Keys.Concat(moreNames).ToList();
        var errors = new List<FieldError>();
        var rest = (JsonObject)body.DeepClone();
        foreach (var (name, value) in body)
        {
            if (contract.ContainsKey(name)) continue;
            rest.Remove(name);
            if (!known.Contains(name)) errors.Add(new FieldError(name, Shown(value), $"there is no such field; there are {string.Join(", ", known)}"));
        }
        foreach (var required in contract.Values.Where(p => p.IsRequired && !rest.ContainsKey(p.Name)))
        {
            errors.Add(new FieldError(required.Name, "", Allowed(required)));
            if (!PutPlaceholder(rest, required)) return (null, errors);
        }
        return (Deserialize<T>(rest, contract, errors), errors);
    }

    // The serializer stops at the first field that it can't read and says which: that one is taken out, and it begins again.
    private static T? Deserialize<T>(JsonObject rest, Dictionary<string, JsonPropertyInfo> contract, List<FieldError> errors) where T : class
    {
        while (true)
        {
            try
            {
                return rest.Deserialize<T>(Options);
            }
            catch (JsonException e)
            {
                string[] path = (e.Path ?? "").TrimStart('$').Split('.', '[').Select(Unquoted).Where(p => p.Length > 0).ToArray();
                if (path.Length == 0 || !contract.TryGetValue(path[0], out var field) || !rest.TryGetPropertyValue(field.Name, out var value))
                    throw new InvalidOperationException($"A field that can't be read was not found again: {e.Path}", e);
                var inner = path.Length > 1 && value is JsonObject map && map.TryGetPropertyValue(path[1], out var item) ? item : value;
                errors.Add(new FieldError(inner == value ? field.Name : $"{field.Name}.{path[1]}", Shown(inner), inner == value ? Allowed(field) : "a text, in quotes"));
                rest.Remove(field.Name);
                if (field.IsRequired && !PutPlaceholder(rest, field)) return null;
            }
        }
    }

    private static bool PutPlaceholder(JsonObject rest, JsonPropertyInfo field)
    {
        if (field.PropertyType != typeof(string)) return false;
        rest[field.Name] = "";
        return true;
    }

    private static string Unquoted(string part) => part.Trim(']', '\'');

    private static string Shown(JsonNode? value)
    {
        string raw = value?.ToJsonString(WobbleJson.Options) ?? "null";
        return raw.Length <= 80 ? raw : raw[..79] + "…";
    }

    private static string Allowed(JsonPropertyInfo field)
    {
        if (field.DeclaringType == typeof(Definition) && Words.TryGetValue(field.Name, out string? words)) return words;
        var type = Nullable.GetUnderlyingType(field.PropertyType) ?? field.PropertyType;
        return type == typeof(bool) ? "true or false"
            : type == typeof(string) ? "a text"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : type == typeof(double) ? "a number"
            : type == typeof(Guid) ? "an id, such as 019af3c4-7d4e-7000-8000-000000000000"
            : type == typeof(Definition) ? "an object, the body of POST /api/runs"
            : type.IsAssignableTo(typeof(System.Collections.IEnumerable)) ? "a list of texts"
            : "an object";
    }
}
