using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// Transformer-LS as recorded twice: CAB's <c>longshort</c> (mask true = padding) and the authors' LRA layer <c>transformer_ls</c> (mask
/// true = real, optional convolution and class token).
/// </summary>
[Golden("longshort", "transformer_ls")]
internal sealed class LongShortBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Pattern == AttentionPattern.NoncausalSelf && golden.Has("param.W_q.weight");

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => LayerCase.Layers("long-short", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string>
        {
            ["landmarks"] = $"{golden.Int("num_landmarks", 16)}",
            ["window"] = $"{golden.Int("window_size", 15)}",
            ["convKernel"] = $"{Math.Max(0, golden.Int("conv_kernel_size"))}",
            ["classToken"] = $"{golden.ParamText("pooling") == "cls"}",
        };
        var (layer, outcome) = LayerCase.Build(
            golden,
            implementation,
            golden.Int("num_heads", golden.Int("num_head")),
            options,
            name => name == "conv.weight" ? "conv_weight" : name);
        var mask = golden.Mechanism == "longshort" ? golden.Optional("mask")?.logical_not() : golden.Optional("mask");
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"]) { KeyMask = mask }));
    }
}
