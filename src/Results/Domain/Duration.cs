using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wobble.Results.Domain;

/// <summary>Durations as people write them: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>. The same text in pages, API, command line and files.</summary>
public static class Duration
{
    /// <summary>What a duration may look like, for error messages.</summary>
    public const string Allowed = "a number with ms, s, m or h, such as 500ms, 10s or 2m";

    /// <summary>Reads a duration. False for anything but a non-negative decimal number followed by a unit; culture never matters.</summary>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (string.IsNullOrWhiteSpace(text)) return false;
        text = text.Trim();
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;
        double milliseconds = text[digits..] switch
        {
            "ms" => number,
            "s" => number * 1_000,
            "m" => number * 60_000,
            "h" => number * 3_600_000,
            _ => double.NaN,
        };
        if (!double.IsFinite(milliseconds) || milliseconds > TimeSpan.MaxValue.TotalMilliseconds / 2) return false;
        value = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    /// <summary>The shortest text that reads back as the same duration.</summary>
    public static string Format(TimeSpan value)
    {
        double ms = value.TotalMilliseconds;
        if (ms == 0) return "0s";
        if (ms % 3_600_000 == 0) return Number(ms / 3_600_000) + "h";
        if (ms % 60_000 == 0) return Number(ms / 60_000) + "m";
        return ms % 1_000 == 0 || ms > 10_000 ? Number(ms / 1_000) + "s" : Number(ms) + "ms";
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}

/// <summary>Durations as text in JSON.</summary>
public sealed class DurationJsonConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return Duration.TryParse(text, out var value) ? value : throw new JsonException($"A duration is {Duration.Allowed}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(Duration.Format(value));
    }
}
