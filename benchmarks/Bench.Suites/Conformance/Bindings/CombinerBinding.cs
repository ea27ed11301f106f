using Bench.Attention;
using Bench.Attention.Sparse;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Combiner's layers: projections by the authors' kernels <c>[C, H, D]</c> and <c>[H, D, C]</c> around our operators.</summary>
[Golden("combiner_sqrt_fixed_full", "combiner_axial_rowmajor", "combiner_axial_mixture_bidir", "combiner_axial_mixture_unidir")]
internal sealed class CombinerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Mechanism switch
    {
        "combiner_axial_rowmajor" => golden.ParamText("row_summary") is null or "wsum" or "none",
        "combiner_sqrt_fixed_full" => golden.ParamText("local_summary") is { } pool && Enum.TryParse<CombinerPool>(Name(pool), ignoreCase: true, out _),
        _ => true,
    };

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(
            golden.Mechanism switch
            {
                "combiner_axial_rowmajor" => "combiner-axial",
                "combiner_sqrt_fixed_full" => "combiner-fixed",
                _ => "combiner-mixture",
            },
            golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string> { ["segment"] = $"{golden.Int("max_seg_len")}" };
        if (golden.Mechanism == "combiner_sqrt_fixed_full")
        {
            options["pool"] = golden.ParamText("local_summary")!;
        }
        else if (golden.Mechanism == "combiner_axial_rowmajor")
        {
            options["summary"] = golden.ParamText("row_summary") == "none" ? "none" : "weighted-sum";
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

    private static string Name(string pool) => pool.Replace("-", "", StringComparison.Ordinal);
}
