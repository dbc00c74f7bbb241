using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Api;

/// <summary>
/// A request's body as a JSON object, or what is wrong with it. Guarantees: its texts are valid and hold no NUL, which PostgreSQL can't store; no name is there twice.
/// </summary>
internal sealed record JsonBody(JsonObject? Value, IResult? Refusal)
{
    private const int MaxBytes = 256 * 1024;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    public static async Task<JsonBody> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (!request.HasJsonContentType())
            return Refused(FieldProblems.Problem(StatusCodes.Status415UnsupportedMediaType, "Not JSON", $"Content-Type: '{request.ContentType}' is not allowed; application/json."));
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancel)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > MaxBytes) return Refused(FieldProblems.Problem(StatusCodes.Status413PayloadTooLarge, "Too large", $"A body has at most {MaxBytes / 1024} kB."));
        }
        return Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    public static JsonBody Parse(ReadOnlyMemory<byte> text)
    {
        // The parser lets other bytes stand in texts, and throws when they are read.
        if (!Utf8.IsValid(text.Span)) return Wrong("body", "this text", "a JSON object in UTF-8");
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return Wrong("body", Shown(document.RootElement), "a JSON object");
            if (Check(document.RootElement, "") is { } error) return Refused(FieldProblems.Refused([error]));
            return new JsonBody(JsonObject.Create(document.RootElement.Clone()), null);
        }
        catch (JsonException e)
        {
            string at = e is { LineNumber: { } line, BytePositionInLine: { } column } ? $", from line {line + 1}, byte {column + 1} on" : "";
            return Wrong("body", text.IsEmpty ? "" : "this text", $"a JSON object{at}");
        }
    }

    /// <summary>A value as it was written, cut to a length that fits a sentence.</summary>
    public static string Shown(JsonElement value)
    {
        string raw = value.GetRawText();
        return raw.Length <= 80 ? raw : raw[..79] + "…";
    }

    private static FieldError? Check(JsonElement element, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String when !IsGood(element.GetString):
                return new FieldError(path, Shown(element), "text without NUL and without halves of surrogate pairs");
            case JsonValueKind.Array:
                return element.EnumerateArray().Select((item, i) => Check(item, $"{path}[{i}]")).FirstOrDefault(e => e is not null);
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var member in element.EnumerateObject())
                {
                    if (!IsGood(() => member.Name)) return new FieldError(path.Length == 0 ? "body" : path, "a name", "names without NUL and without halves of surrogate pairs");
                    string name = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
                    if (!names.Add(member.Name)) return new FieldError(name, Shown(member.Value), "given once: it is there twice");
                    if (Check(member.Value, name) is { } error) return error;
                }
                return null;
            default:
                return null;
        }
    }

    private static bool IsGood(Func<string?> text)
    {
        try
        {
            return text() is { } value && !value.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static JsonBody Wrong(string field, string value, string allowed) => Refused(FieldProblems.Refused([new FieldError(field, value, allowed)]));

    private static JsonBody Refused(IResult refusal) => new(null, refusal);
}
