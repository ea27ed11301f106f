using Bench.Data.Rows;

namespace Bench.Web.Features;

/// <summary>What tells lines and rows apart: the implementation and its options, where they are not the defaults.</summary>
internal static class SeriesName
{
    /// <summary><c>local/naive</c> or <c>local/naive window=16</c>.</summary>
    public static string Of(CellRow cell) =>
        cell.Options.Count == 0 ? cell.Implementation : $"{cell.Implementation} {string.Join(' ', cell.Options.Select(pair => $"{pair.Key}={pair.Value}"))}";
}
