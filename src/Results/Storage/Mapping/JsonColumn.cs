using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Wobble.Results.Storage.Mapping;

/// <summary>Records as jsonb, written the same way everywhere. Compared by their text, so that replacing a record is a change.</summary>
internal static class JsonColumn
{
    public static PropertyBuilder<T> IsJson<T>(this PropertyBuilder<T> property) =>
        property.HasColumnType("jsonb").HasConversion(
            value => StoredText.Json(value),
            text => JsonSerializer.Deserialize<T>(text, WobbleJson.Options)!,
            new ValueComparer<T>(
                (a, b) => JsonSerializer.Serialize(a, WobbleJson.Options) == JsonSerializer.Serialize(b, WobbleJson.Options),
                value => JsonSerializer.Serialize(value, WobbleJson.Options).GetHashCode(StringComparison.Ordinal),
                value => value));
}
