using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wobble.Results;

/// <summary>The one way Wobble writes and reads JSON: snake_case names, nulls written, numbers in plain notation, unknown members refused where input comes from people.</summary>
public static class WobbleJson
{
    /// <summary>For plans, facts, database columns and answers. Unknown members are skipped, so that an older reader survives a newer writer.</summary>
    public static readonly JsonSerializerOptions Options = Make(JsonUnmappedMemberHandling.Skip, indented: false);

    /// <summary>For what people write (requests, manifests): an unknown member is an error.</summary>
    public static readonly JsonSerializerOptions Strict = Make(JsonUnmappedMemberHandling.Disallow, indented: false);

    /// <summary>For what people read.</summary>
    public static readonly JsonSerializerOptions Indented = Make(JsonUnmappedMemberHandling.Skip, indented: true);

    private static JsonSerializerOptions Make(JsonUnmappedMemberHandling unmapped, bool indented) => new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        UnmappedMemberHandling = unmapped,
        WriteIndented = indented,
        AllowOutOfOrderMetadataProperties = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}
