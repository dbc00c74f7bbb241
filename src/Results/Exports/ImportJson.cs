using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Wobble.Results.Exports;

/// <summary>How lines of a file that nobody vouches for are read: what may not be null isn't, in lists and dictionaries neither.</summary>
internal static class ImportJson
{
    public static readonly JsonSerializerOptions Options = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(WobbleJson.Options)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            MaxDepth = 32,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.Converters.Add(new WholeTexts());
        return options;
    }

    /// <summary>The first place where a list has a null; null when there is none. Annotations of items aren't looked at by the serializer.</summary>
    public static string? NullItem(JsonElement element, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                int i = 0;
                foreach (var item in element.EnumerateArray())
                {
                    string at = $"{path}[{i++}]";
                    if (item.ValueKind == JsonValueKind.Null) return at;
                    if (item.ValueKind is JsonValueKind.Array or JsonValueKind.Object && NullItem(item, at) is { } deeper) return deeper;
                }
                return null;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                    if (member.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object && NullItem(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}") is { } deeper) return deeper;
                return null;
            default:
                return null;
        }
    }

    private sealed class WholeTexts : JsonConverter<IReadOnlyDictionary<string, string>>
    {
        public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var texts = new Dictionary<string, string>();
            foreach (var (name, text) in JsonSerializer.Deserialize<Dictionary<string, string?>>(ref reader, options)!) texts[name] = text ?? throw new JsonException($"'{name}' is null");
            return texts;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToDictionary(t => t.Key, t => t.Value), options);
    }
}
