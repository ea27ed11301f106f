using System.Text.Json;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bench.Data.Mapping;

/// <summary>Documents inside a column: <c>jsonb</c> on PostgreSQL, text on SQLite, in the dialect of <see cref="WireJson"/>.</summary>
internal static class JsonColumn
{
    /// <summary>Stores the property as a JSON document. Equality is equality of the text.</summary>
    public static PropertyBuilder<T> IsJson<T>(this PropertyBuilder<T> property, bool postgres)
    {
        property.HasConversion(
            value => Write(value),
            text => JsonSerializer.Deserialize<T>(text, WireJson.Lenient)!,
            new ValueComparer<T>(
                (left, right) => Write(left) == Write(right),
                value => Write(value).GetHashCode(StringComparison.Ordinal),
                value => JsonSerializer.Deserialize<T>(Write(value), WireJson.Lenient)!));
        return postgres ? property.HasColumnType("jsonb") : property;
    }

    private static string Write<T>(T? value) => JsonSerializer.Serialize(value, WireJson.Lenient);
}
