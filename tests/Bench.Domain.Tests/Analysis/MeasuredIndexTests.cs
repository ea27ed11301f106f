using Bench.Domain.Analysis;
using Bench.Domain.Results;

namespace Bench.Domain.Tests.Analysis;

/// <summary>The index with its own normalisers, and Pearson's coefficient, against values worked out by hand.</summary>
public sealed class MeasuredIndexTests
{
    [Fact]
    public void Index_NormalisesByMeanAndSampleDeviation()
    {
        // Error 1, 2, 3: mean 2, deviation 1. Share 0, 0, 3: mean 1, deviation √3. b lacks the second task.
        var index = MeasuredIndex.Of("cab-small/1",
        [
            Value("a", "LSTF", "mse", Better.Lower, 1), Value("b", "LSTF", "mse", Better.Lower, 2), Value("c", "LSTF", "mse", Better.Lower, 3),
            Value("a", "PCC", "f", Better.Higher, 0), Value("c", "PCC", "f", Better.Higher, 0), Value("d", "PCC", "f", Better.Higher, 3),
            Value("a", "SR", "psnr", Better.Higher, 1), Value("b", "SR", "psnr", Better.Higher, 2),
        ]);

        Assert.Equal(["LSTF", "PCC"], index.Groups);
        Assert.Equal(["a", "c", "b", "d"], index.Rows.Select(row => row.Entrant));
        Assert.Equal((1 - (1 / Math.Sqrt(3))) / 2, index.Rows[0].Total!.Value, 12);
        Assert.Equal((-1 - (1 / Math.Sqrt(3))) / 2, index.Rows[1].Total!.Value, 12);
        Assert.Equal([0.0, null], index.Rows[2].Groups);
        Assert.Null(index.Rows[2].Total);
        Assert.StartsWith("cab-small/1-", index.Version, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_NamesOtherNormalisersOtherwise()
    {
        MeasuredValue[] values = [Value("a", "g", "m", Better.Lower, 1), Value("b", "g", "m", Better.Lower, 2), Value("c", "g", "m", Better.Lower, 4)];
        var version = MeasuredIndex.Of("v", values).Version;
        Assert.Equal(version, MeasuredIndex.Of("v", [.. values.Reverse()]).Version);
        Assert.NotEqual(version, MeasuredIndex.Of("v", [.. values, Value("d", "g", "m", Better.Lower, 1)]).Version);
        Assert.Throws<ArgumentException>(() => MeasuredIndex.Of("v", [.. values, values[0]]));
        Assert.Empty(MeasuredIndex.Of("v", values[..2]).Rows);
    }

    [Fact]
    public void Pearson_OfKnownLists()
    {
        Assert.Equal(1, PearsonCorrelation.Of([1, 2, 3], [10, 20, 30])!.Value, 12);
        Assert.Equal(-0.5, PearsonCorrelation.Of([1, 2, 3], [3, 1, 2])!.Value, 12);
        Assert.Null(PearsonCorrelation.Of([1, 2], [1, 2]));
        Assert.Null(PearsonCorrelation.Of([1, 1, 1], [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => PearsonCorrelation.Of([1], [1, 2]));
    }

    private static MeasuredValue Value(string entrant, string group, string column, Better better, double value) => new(entrant, group, column, better, value);
}
