using System.Globalization;
using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>FlexPrefill with the blocks that its authors' code chooses.</summary>
[Golden("flexprefill")]
internal sealed class FlexPrefillBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("flexprefill", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string>
        {
            ["block"] = $"{golden.Int("block_size", 128)}",
            ["coverage"] = golden.Number("gamma", 0.9).ToString(CultureInfo.InvariantCulture),
            ["threshold"] = golden.Number("tau").ToString(CultureInfo.InvariantCulture),
            ["minBudget"] = $"{golden.Int("min_budget", 1)}",
            ["maxBudget"] = golden.Int("max_budget") is > 0 and var most ? $"{most}" : "",
        };
        // Interleaved groups: query head h reads key head h mod Hk. Ours reads h·Hk/H.
        var (heads, shared) = (golden["q"].shape[1], golden["k"].shape[1]);
        var order = golden.Flag("gqa_interleave") ? arange(heads).view(-1, shared).transpose(0, 1).flatten() : arange(heads);
        var inputs = new AttentionInputs(golden["q"].index_select(1, order), golden["k"], golden["v"]);
        Tensor InTheirOrder(Tensor byHead) => byHead.index_select(1, order.argsort());

        using var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        var outcome = new GoldenOutcome().With("out", InTheirOrder(attention.forward(inputs)));
        if (!golden.Has("block_mask"))
        {
            return outcome;
        }

        var pairs = InTheirOrder(ReadPairs.Of(implementation, inputs, options));
        var (blocks, size) = (golden["block_mask"].shape[^1], golden.Int("block_size", 128));
        var after = (blocks * size) - pairs.shape[3];
        var read = nn.functional.pad(pairs, [0, after, 0, after]).unflatten(3, [blocks, size]).any(4).unflatten(2, [blocks, size]).any(3);
        return outcome.With("block_mask", golden["block_mask"].dim() == 3 ? read.squeeze(0) : read);
    }
}
