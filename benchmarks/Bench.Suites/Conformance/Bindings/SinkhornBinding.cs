using System.Globalization;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Sinkhorn attention with its noise given; the recorded cases have values, not keys, in the values' place.</summary>
[Golden("sinkhorn")]
internal sealed class SinkhornBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("sinkhorn", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(
        golden,
        implementation,
        new Dictionary<string, string>
        {
            ["bucket"] = $"{golden.Int("bucket_size", 64)}",
            ["permutative"] = $"{golden.Flag("permutative", true)}",
            ["iterations"] = $"{golden.Int("sinkhorn_iter", 7)}",
            ["temperature"] = golden.Number("temperature", 0.75).ToString("R", CultureInfo.InvariantCulture),
            ["sortCut"] = $"{golden.Int("n_sortcut")}",
            ["topBuckets"] = $"{golden.Int("n_top_buckets", 1)}",
        },
        golden.Optional("gumbel_u") is { } noise ? new Dictionary<string, Tensor> { ["random.gumbel"] = noise } : null);
}
