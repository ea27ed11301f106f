using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Bench.Data.Mapping;

/// <summary>Stores an enum as the same snake_case text that the API shows.</summary>
internal sealed class EnumText<T>() : ValueConverter<T, string>(value => Write(value), text => Read(text))
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> Names =
        Enum.GetValues<T>().ToDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    private static readonly Dictionary<string, T> Values = Names.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    private static string Write(T value) => Names[value];

    private static T Read(string text) => Values.TryGetValue(text, out var value)
        ? value
        : throw new InvalidOperationException(
            $"The database holds '{text}' where a {typeof(T).Name} is expected. A newer version wrote it; upgrade this server.");
}
