using Bench.Attention;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Published layers around the recurrences: hidden states in, hidden states out, parameters under the authors' names.</summary>
[Golden(
    "retnet-layer", "gla-layer", "deltanet-layer", "gated-deltanet-layer", "kda-layer", "hgrn2-layer", "linear-attention-layer",
    "transnormer-attention-layer", "lightnet-layer")]
internal sealed class RecurrenceLayerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators(Mechanism(golden), golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var layer = Layer(golden, implementation);
        var outcome = new GoldenOutcome();
        LoadLayer(golden, layer, outcome);
        var named = golden.Has("lower_bound") ? new Dictionary<string, Tensor> { ["lower_bound"] = golden["lower_bound"] } : [];
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"]) { Named = named }));
    }

    /// <summary>Puts the recorded parameters into a layer; those of its operator go to <c>core</c>.</summary>
    internal static void LoadLayer(GoldenCase golden, OperatorLayer layer, GoldenOutcome outcome)
    {
        layer.to(golden.Dtype);
        var own = layer.Operator.named_parameters().Select(pair => pair.name).ToHashSet();
        outcome.LoadParameters(golden, layer, name => own.Contains(name) ? $"core.{name}" : name);
    }

    /// <summary>Rows of a recorded weight.</summary>
    internal static int Rows(GoldenCase golden, string name) => (int)golden[$"param.{name}"].shape[0];

    private static string Mechanism(GoldenCase golden) => golden.Mechanism switch
    {
        "retnet-layer" => "retention",
        "kda-layer" => "kimi-delta-attention",
        "transnormer-attention-layer" => "lightning-attention",
        var name => name[..^"-layer".Length],
    };

    private static OperatorLayer Layer(GoldenCase golden, string implementation)
    {
        var width = (int)golden["x"].shape[2];
        var delta = new DeltaLayerOptions
        {
            ModelSize = width,
            Gate = golden.Flag("use_gate"),
            NegativeEigenvalues = golden.Flag("allow_neg_eigval"),
            KeyHeads = golden.Int("num_heads", 1),
            LowerBound = golden.Param("lower_bound") is { ValueKind: System.Text.Json.JsonValueKind.Number } ? golden.Number("lower_bound") : null,
            Kernel = golden.Int("conv_size", golden.Has("param.q_conv1d.weight") ? (int)golden["param.q_conv1d.weight"].shape[2] : 4),
        };
        switch (golden.Mechanism)
        {
            case "retnet-layer":
                return new RetNetLayer(Operator(golden, implementation, "q_proj.weight", "v_proj.weight"), width);
            case "gla-layer":
                return new GatedLinearAttentionLayer(
                    Operator(golden, implementation, "q_proj.weight", "v_proj.weight"), width, Rows(golden, "gk_proj.0.weight"));
            case "deltanet-layer":
                return new DeltaNetLayer(Operator(golden, implementation, "q_proj.weight", "v_proj.weight"), delta);
            case "gated-deltanet-layer":
                return new GatedDeltaNetLayer(Operator(golden, implementation, "q_proj.weight", "v_proj.weight"), delta);
            case "kda-layer":
                return new KimiDeltaAttentionLayer(Operator(golden, implementation, "q_proj.weight", "v_proj.weight"), delta);
            case "hgrn2-layer":
                return new Hgrn2Layer(Operator(golden, implementation, "f_proj.weight", "i_proj.weight"), width);
            case "linear-attention-layer":
                return new LinearAttentionLayer(
                    Operator(golden, implementation, "q_proj.weight", "v_proj.weight", LinearOptions(golden)), width);
            case "transnormer-attention-layer":
                return new TransNormerLayer(Operator(golden, implementation, "q_proj.weight", "v_proj.weight", new()
                {
                    ["layer"] = $"{golden.Int("layer_idx")}",
                    ["layers"] = $"{golden.Int("num_layers")}",
                }));
            default:
                return new LightNetLayer(
                    Operator(golden, implementation, "q_proj.weight", "v_proj.weight"), width, Rows(golden, "g_proj.0.weight"));
        }
    }

    /// <summary>The operator of a layer case; head sizes follow from the projections.</summary>
    private static AttentionOperator Operator(
        GoldenCase golden, string implementation, string key, string value, Dictionary<string, string>? options = null)
    {
        // HGRN2 derives its heads from the size of a key, whatever num_heads says.
        var keyHeads = golden.Mechanism == "hgrn2-layer" && golden.Int("expand_ratio") is > 0 and var size
            ? Rows(golden, key) / size
            : golden.Int("num_heads", 1);
        var heads = golden.Int("num_v_heads", keyHeads);
        var settings = new AttentionSettings(golden.Pattern ?? AttentionPattern.CausalSelf, heads, Rows(golden, key) / keyHeads)
        {
            ValueSize = Rows(golden, value) / heads,
            MaxLength = (int)golden["x"].shape[1],
        };
        return AttentionCatalogue.CreateOperator(implementation, settings, options);
    }

    private static double FeaturesPerChannel(GoldenCase golden) => golden.ParamText("feature_map") switch
    {
        "hedgehog" => 2,
        "dpfp" => 8,
        _ => 1,
    };

    private static Dictionary<string, string> LinearOptions(GoldenCase golden) => new()
    {
        ["featureMap"] = golden.ParamText("feature_map") switch
        {
            "elementwise_product" or null => "elementwise-product",
            "dpfp" => "dpfp-fla-quirk",
            var other => other,
        },
        ["normalise"] = "false",
        // The authors scale by the number of features.
        ["scale"] = RecurrenceCase.Text(1 / Math.Sqrt(FeaturesPerChannel(golden) * Rows(golden, "q_proj.weight") / golden.Int("num_heads", 1))),
    };
}
