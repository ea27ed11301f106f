using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Combiner's layers: projections by the authors' kernels <c>[C, H, D]</c> and <c>[H, D, C]</c> around our operators.</summary>
[Golden("combiner_sqrt_fixed_full", "combiner_axial_rowmajor")]
internal sealed class CombinerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.ParamText(golden.Mechanism == "combiner_axial_rowmajor" ? "row_summary" : "local_summary")
        is "relu-max" or "identity-mean" or "wsum";

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.Mechanism == "combiner_axial_rowmajor" ? "combiner-axial" : "combiner-fixed", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string> { ["segment"] = $"{golden.Int("max_seg_len")}" };
        if (golden.ParamText("local_summary") is { } pool)
        {
            options["pool"] = pool;
        }

        Tensor Project(string name)
        {
            var heads = einsum("bnc,chd->bhnd", golden["x"], golden[$"param.{name}.weight"]);
            return golden.Optional($"param.{name}.bias") is { } bias ? heads + bias.unsqueeze(1) : heads;
        }

        var settings = new AttentionSettings(golden.Pattern!.Value, golden.Int("num_heads"), golden.Int("head_dim"));
        var attention = AttentionCatalogue.CreateOperator(implementation, settings, options);
        var output = einsum("bhnd,hdc->bnc", attention.forward(new AttentionInputs(Project("q"), Project("k"), Project("v"))), golden["param.out.weight"]);
        return new GoldenOutcome().With("out", golden.Optional("param.out.bias") is { } bias ? output + bias : output);
    }
}
