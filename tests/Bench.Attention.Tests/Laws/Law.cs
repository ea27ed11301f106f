using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

/// <summary>Which implementations a law is checked on, and how numbers are compared.</summary>
public static class Law
{
    /// <summary>Every id in every pattern, as it is defined: operators as operators, layers as layers.</summary>
    public static IEnumerable<TheoryDataRow<string, AttentionPattern, string>> Everything() =>
        from entry in AttentionCatalogue.All
        from pattern in entry.AllPatterns
        select new TheoryDataRow<string, AttentionPattern, string>(entry.Id, pattern, entry.IsLayer ? "layer" : "operator");

    /// <summary>Every id in every pattern, operators also inside their layer.</summary>
    public static IEnumerable<TheoryDataRow<string, AttentionPattern, string>> EveryLevel() => Everything().Concat(
        from entry in AttentionCatalogue.All
        where !entry.IsLayer
        from pattern in entry.AllPatterns
        select new TheoryDataRow<string, AttentionPattern, string>(entry.Id, pattern, "layer"));

    /// <summary>Every operator in every pattern.</summary>
    public static IEnumerable<TheoryDataRow<string, AttentionPattern>> Operators() =>
        from entry in AttentionCatalogue.All
        where !entry.IsLayer
        from pattern in entry.AllPatterns
        select new TheoryDataRow<string, AttentionPattern>(entry.Id, pattern);

    /// <summary>Every implementation that has an older sibling to agree with.</summary>
    public static IEnumerable<TheoryDataRow<string, AttentionPattern>> Siblings() =>
        from entry in AttentionCatalogue.All
        where !entry.Facts.Reference
        from pattern in entry.AllPatterns
        where AttentionCatalogue.ReferenceOf(entry.Mechanism).Supports(pattern)
        select new TheoryDataRow<string, AttentionPattern>(entry.Id, pattern);

    /// <summary>Largest absolute difference.</summary>
    public static double Distance(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        var difference = (a.detach().to(ScalarType.Float64) - b.detach().to(ScalarType.Float64)).abs();
        return difference.numel() == 0 ? 0 : difference.max().item<double>();
    }

    /// <summary>Largest absolute number.</summary>
    public static double Scale(Tensor a)
    {
        using var scope = NewDisposeScope();
        return a.numel() == 0 ? 0 : a.detach().abs().max().to(ScalarType.Float64).item<double>();
    }

    /// <summary>Fails with both numbers when the difference exceeds the tolerance times the larger of 1 and the expected scale; NaN fails.</summary>
    public static void Near(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        var (distance, scale) = (Distance(expected, actual), Math.Max(1, Scale(expected)));
        Assert.True(distance <= tolerance * scale, $"{what}: largest difference {distance:g3} at scale {scale:g3}, allowed {tolerance * scale:g3}.");
    }

    /// <summary>A cotangent that gives every output its own weight.</summary>
    public static Tensor Cotangent(Tensor like)
    {
        using var generator = new Generator(77, CPU);
        return randn(like.shape, generator: generator).to(like.dtype);
    }
}
