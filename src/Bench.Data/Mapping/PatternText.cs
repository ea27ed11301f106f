using Bench.Domain.Matrix;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Bench.Data.Mapping;

/// <summary>Stores a pattern as its kebab-case name.</summary>
internal sealed class PatternText() : ValueConverter<AttentionPattern, string>(
    pattern => Name(pattern),
    text => AttentionPatterns.Parse(text))
{
    private static string Name(AttentionPattern pattern) => pattern.Name;
}
