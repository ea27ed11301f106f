using Bench.Attention;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>MoH's layer with its trained router.</summary>
[Golden("moh")]
internal sealed class RoutedHeadsBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => LayerCase.Layers("moh", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var (layer, outcome) = LayerCase.Build(golden, implementation, golden.Int("num_heads"), new Dictionary<string, string>
        {
            ["sharedHeads"] = $"{golden.Int("shared_head")}",
            ["routedHeads"] = $"{golden.Int("routed_head")}",
            ["bias"] = $"{golden.Flag("qkv_bias")}",
        });
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"])));
    }
}
