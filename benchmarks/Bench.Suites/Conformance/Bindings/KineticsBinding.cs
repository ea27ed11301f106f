using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// One decode step of Kinetics' rules on a cache of which <c>offset</c> tokens are valid, the current one last; sinks and the newest tokens alone are
/// <c>sink-window</c>.
/// </summary>
[Golden("kinetics_topk", "kinetics_blockwise_topk", "kinetics_strided_blockwise_topk", "kinetics_local")]
internal sealed class KineticsBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.Mechanism == "kinetics_local" ? "sink-window" : "kinetics", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = Options(golden);
        using var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        var (outputs, masks) = (new List<Tensor>(), new List<Tensor>());
        for (long b = 0; b < golden["q"].shape[0]; b++)
        {
            var valid = golden.Optional("offset")?[b].to(ScalarType.Int64).item<long>() ?? golden["k"].shape[2];
            Tensor Cache(string name) => golden[name].narrow(0, b, 1).narrow(2, 0, valid);

            // The step as the last row of a pass; the rows before it are not part of the case.
            var inputs = new AttentionInputs(nn.functional.pad(golden["q"].narrow(0, b, 1), [0, 0, valid - 1, 0]), Cache("k"), Cache("v"));
            outputs.Add(attention.forward(inputs).narrow(2, valid - 1, 1));
            var read = ReadPairs.Of(implementation, inputs, options).select(2, valid - 1);                 // [1, H, valid]
            masks.Add(nn.functional.pad(read, [0, golden["k"].shape[2] - valid]));
        }

        var outcome = new GoldenOutcome().With("out", cat(outputs, 0));
        return golden.Has("mask") ? outcome.With("mask", cat(masks, 0)) : outcome;
    }

    private static Dictionary<string, string> Options(GoldenCase golden)
    {
        var sink = golden.Int("sink", 4);
        if (golden.Mechanism == "kinetics_local")
        {
            return new Dictionary<string, string> { ["sink"] = $"{sink}", ["window"] = $"{golden.Int("local")}" };
        }

        var isByToken = golden.Mechanism == "kinetics_topk";
        return new Dictionary<string, string>
        {
            ["sink"] = $"{sink}",
            ["local"] = $"{golden.Int("local")}",
            ["block"] = isByToken ? "1" : $"{golden.Int("block_size", 16)}",
            ["topBlocks"] = $"{golden.Int(isByToken ? "topk" : "topk_block")}",
            ["stride"] = golden.Mechanism == "kinetics_strided_blockwise_topk" ? $"{golden.Int("stride", 8)}" : "0",
        };
    }
}
