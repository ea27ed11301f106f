using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>HiP of version 1.1, recorded with batch and heads in one axis and queries that are scaled already.</summary>
[Golden("hip_v1_1")]
internal sealed class HipBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of("hip").Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string>
        {
            ["keep"] = $"{golden.Int("mask_k", 512)}",
            ["queryBlock"] = $"{golden.Int("block_size_q", 32)}",
            ["keyBlock"] = $"{golden.Int("block_size_k", 1)}",
            ["group"] = $"{golden.Int("block_size_k_group", 1)}",
            ["window"] = $"{golden.Int("sliding_window_size", 128)}",
        };
        var isFolded = golden["q"].dim() == 3;
        Tensor Heads(string name) => isFolded ? golden[name].unsqueeze(0) : golden[name];
        Tensor Fold(Tensor byHead) => isFolded ? byHead.squeeze(0) : byHead;

        var inputs = new AttentionInputs(Heads("q") * Math.Sqrt(golden["q"].shape[^1]), Heads("k"), Heads("v"));
        long[] query = inputs.Query.shape, value = inputs.Value.shape;
        // Fewer queries than keys stand at the end of the sequence, whatever the record calls the pattern.
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, (int)query[1], (int)query[3])
        {
            KeyValueHeads = (int)value[1],
            ValueSize = (int)value[3],
            MaxLength = (int)value[2],
        };
        using var attention = AttentionCatalogue.CreateOperator(implementation, settings, options);
        var outcome = new GoldenOutcome().With("out", Fold(attention.forward(inputs)));
        return golden.Has("mask") ? outcome.With("mask", Fold(ReadPairs.Of(implementation, inputs, options))) : outcome;
    }
}
