using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bench.Domain.Matrix;

/// <summary>Writes a pattern as its kebab-case name, also as a property name.</summary>
public sealed class AttentionPatternJsonConverter : JsonConverter<AttentionPattern>
{
    /// <inheritdoc />
    public override AttentionPattern Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        AttentionPatterns.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var pattern)
            ? pattern
            : throw new JsonException($"A pattern is one of {string.Join(", ", AttentionPatterns.All.Select(p => p.Name))}.");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, AttentionPattern value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Name);
}
