using System.Globalization;

namespace Bench.Attention.Sparse;

/// <summary>Sizes in tokens that may differ from head to head, written as <c>4</c> or <c>4,4,16</c>.</summary>
public static class PerHead
{
    /// <summary>One number a head; heads take the given ones in turn.</summary>
    /// <exception cref="ArgumentException">A part is no number from 0 to 2³⁰.</exception>
    public static long[] Read(string text, int heads, string option)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var numbers = parts.Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 1 << 30
            ? number
            : throw new ArgumentException($"Option '{option}' holds '{part}', which is no number of tokens from 0 to {1 << 30}.")).ToArray();
        return [.. Enumerable.Range(0, heads).Select(head => numbers[head % numbers.Length])];
    }
}
