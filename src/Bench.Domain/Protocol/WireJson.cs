using System.Text.Json;
using System.Text.Json.Serialization;
using Bench.Domain.Matrix;

namespace Bench.Domain.Protocol;

/// <summary>The one JSON dialect of files and messages: camelCase names, snake_case enums, no NaN, unknown fields refused.</summary>
public static class WireJson
{
    /// <summary>
    /// Version of the agent protocol; sent in the header <c>Bench-Protocol</c>. 2: a suite that exists is replaced only with <c>If-Match</c>; the
    /// agent says how far its clock is off.
    /// </summary>
    public const int ProtocolVersion = 2;

    /// <summary>Header that carries <see cref="ProtocolVersion"/>.</summary>
    public const string ProtocolHeader = "Bench-Protocol";

    /// <summary>Header in which an agent says by how many seconds its clock is ahead of the server's; negative when behind, 0 when within the error.</summary>
    public const string ClockSkewHeader = "Bench-Clock-Skew";

    /// <summary>For messages that we read strictly.</summary>
    public static JsonSerializerOptions Strict { get; } = Create(JsonUnmappedMemberHandling.Disallow);

    /// <summary>For messages of a newer partner: unknown fields are ignored.</summary>
    public static JsonSerializerOptions Lenient { get; } = Create(JsonUnmappedMemberHandling.Skip);

    /// <summary>Applies the dialect to options that a framework owns.</summary>
    public static void Configure(JsonSerializerOptions options, JsonUnmappedMemberHandling unknown)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = unknown;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 32;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.AllowDuplicateProperties = false;
        // Converters of the options win over a type's own attribute, so the pattern's must come first.
        options.Converters.Add(new AttentionPatternJsonConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Create(JsonUnmappedMemberHandling unknown)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General);
        Configure(options, unknown);
        return options;
    }
}
