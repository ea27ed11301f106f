using Bench.Attention;
using Bench.Attention.Sparse;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// Reformer with shared queries and keys <c>[B·H, N, D]</c>. Its causal cases hide later keys but choose buckets from the whole sequence, which is
/// our noncausal pattern with an option.
/// </summary>
[Golden("reformer_lsh")]
internal sealed class ReformerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of("reformer").Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var (query, value) = (golden["qk"].unsqueeze(1), golden["v"].unsqueeze(1));
        var attention = (Reformer)AttentionCatalogue.CreateOperator(
            implementation,
            new AttentionSettings(AttentionPattern.NoncausalSelf, 1, (int)query.shape[3]) { ValueSize = (int)value.shape[3] },
            new Dictionary<string, string>
            {
                ["bucket"] = $"{golden.Int("bucket_size", 64)}",
                ["hashes"] = $"{golden.Int("n_hashes", 8)}",
                ["causalMask"] = $"{golden.Flag("causal")}",
                ["acrossBuckets"] = $"{golden.Flag("attend_across_buckets", true)}",
                ["duplicates"] = $"{golden.Flag("allow_duplicate_attention", true)}",
                ["hashPaddingQuirk"] = "true",
            });
        var rotations = golden["rotations"].squeeze(0);
        var outcome = new GoldenOutcome().With("out", attention.forward(new AttentionInputs(query, query, value)
        {
            KeyMask = golden.Optional("mask"),
            Named = new Dictionary<string, Tensor> { ["random.rotations"] = rotations },
        }).squeeze(1));

        if (golden.Has("buckets"))
        {
            // The record numbers the buckets of all rounds through.
            var buckets = attention.Buckets(query, ones(query.shape[..3], ScalarType.Bool), rotations);
            outcome.With("buckets", (buckets + arange(buckets.shape[2]).view(1, 1, -1, 1) * golden.Int("n_buckets")).flatten(1));
        }

        return outcome;
    }
}
