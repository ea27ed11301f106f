using System.Globalization;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Causal Sinkhorn attention with learned null keys.</summary>
[Golden("sinkhorn_causal")]
internal sealed class CausalSinkhornBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("sinkhorn-causal", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["bucket"] = $"{golden.Int("bucket_size", 64)}",
        ["topBuckets"] = $"{golden.Int("n_top_buckets", 2)}",
        ["temperature"] = golden.Number("temperature", 1).ToString("R", CultureInfo.InvariantCulture),
    });
}
