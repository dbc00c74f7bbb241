using System.Globalization;
using System.Text.Json;
using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>
/// One JSON object of a manifest, read key by key. Guarantees: whatever is missing, of the wrong kind or not known becomes a
/// <see cref="ManifestException"/> with the key's path (<c>options[0].values</c>) and what is allowed.
/// </summary>
internal sealed class ManifestObject
{
    private readonly JsonElement element;
    private readonly string path;
    private readonly HashSet<string> asked = [];

    public ManifestObject(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new ManifestException(path, "must be an object");
        this.element = element;
        this.path = path;
        RefuseTwice(element, path);
    }

    public string Text(string key) => TextOf(Required(key, "text"), PathOf(key));

    public string? OptionalText(string key) => Find(key) is { } value ? TextOf(value, PathOf(key)) : null;

    public string OneOf(string key, params string[] allowed)
    {
        string value = TextOf(Required(key, string.Join(", ", allowed)), PathOf(key));
        return allowed.Contains(value) ? value : throw new ManifestException(PathOf(key), $"'{value}' is not allowed; {string.Join(", ", allowed)}");
    }

    public int? OptionalNumber(string key)
    {
        if (Find(key) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw new ManifestException(PathOf(key), "must be a whole number");
    }

    public TimeSpan Length(string key)
    {
        string text = Text(key);
        return Duration.TryParse(text, out var length) && length > TimeSpan.Zero ? length : throw new ManifestException(PathOf(key), $"'{text}' is no duration; such as 5s");
    }

    public IReadOnlyList<string> Texts(string key) => TextsOf(Required(key, "a list of texts"), PathOf(key));

    public IReadOnlyList<string> OptionalTexts(string key) => Find(key) is { } value ? TextsOf(value, PathOf(key)) : [];

    public ManifestObject Object(string key) => new(Required(key, "an object"), PathOf(key));

    public IReadOnlyList<ManifestObject> OptionalObjects(string key)
    {
        if (Find(key) is not { } list) return [];
        if (list.ValueKind != JsonValueKind.Array) throw new ManifestException(PathOf(key), "must be a list of objects");
        return list.EnumerateArray().Select((item, i) => new ManifestObject(item, string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}[{i}]"))).ToList();
    }

    /// <summary>An object whose keys are the user's, such as environment variables.</summary>
    public IReadOnlyDictionary<string, T> OptionalMap<T>(string key, Func<JsonElement, string, T> read)
    {
        if (Find(key) is not { } map) return new Dictionary<string, T>();
        if (map.ValueKind != JsonValueKind.Object) throw new ManifestException(PathOf(key), "must be an object");
        RefuseTwice(map, PathOf(key));
        return map.EnumerateObject().ToDictionary(p => p.Name, p => read(p.Value, $"{PathOf(key)}.{p.Name}"));
    }

    public static string TextOf(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw new ManifestException(path, "must be text, and not empty");

    public static IReadOnlyList<string> TextsOf(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array) throw new ManifestException(path, "must be a list of texts");
        return value.EnumerateArray().Select((item, i) => TextOf(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))).ToList();
    }

    public static IReadOnlyDictionary<string, string> TextMapOf(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) throw new ManifestException(path, "must be an object of texts");
        RefuseTwice(value, path);
        return value.EnumerateObject().ToDictionary(p => p.Name, p => TextOf(p.Value, $"{path}.{p.Name}"));
    }

    /// <summary>To be called last: what nobody asked for is unknown.</summary>
    public void RefuseUnknown()
    {
        string? unknown = element.EnumerateObject().Select(p => p.Name).FirstOrDefault(name => !asked.Contains(name));
        if (unknown is not null) throw new ManifestException(PathOf(unknown), $"is not known; {string.Join(", ", asked)} are");
    }

    public string PathOf(string key) => Joined(path, key);

    private static string Joined(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static void RefuseTwice(JsonElement map, string path)
    {
        string? twice = map.EnumerateObject().GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null) throw new ManifestException(Joined(path, twice), "stands twice");
    }

    private JsonElement? Find(string key)
    {
        asked.Add(key);
        return element.TryGetProperty(key, out var value) ? value : null;
    }

    private JsonElement Required(string key, string what) => Find(key) ?? throw new ManifestException(PathOf(key), $"is missing; {what}");
}
