using Bench.Attention;
using Bench.Attention.Sparse;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>SeqBoat's whole layer, recorded with time first.</summary>
[Golden("seqboat_sma")]
internal sealed class SeqBoatBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.ParamText("norm") is null or "layernorm"
        && golden.ParamText("rel_pos_bias") is null or "simple" or "rotary";

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => LayerCase.Layers("seqboat", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var settings = new AttentionSettings(golden.Pattern!.Value, 1, golden.Int("embed_dim")) { MaxLength = golden.Int("max_positions", 1024) };
        var layer = (SeqBoat)AttentionCatalogue.CreateLayer(implementation, settings, new Dictionary<string, string>
        {
            ["window"] = $"{golden.Int("window_size")}",
            ["modes"] = $"{golden.Int("ema_ndim")}",
            ["keySize"] = $"{golden.Int("zdim")}",
            ["hidden"] = $"{golden.Int("hdim")}",
            ["squaredRelu"] = $"{golden.ParamText("attention_activation") is null or "relu2"}",
            ["positions"] = golden.ParamText("rel_pos_bias") == "rotary" ? "rotary" : golden.Flag("local_pos") ? "rank" : "distance",
            ["normFirst"] = $"{golden.Flag("prenorm", true)}",
        });
        TorchSharp.ModuleExtensionMethods.to(layer, golden.Dtype);
        layer.eval();
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, layer, name => name switch
        {
            "norm.norm.weight" => "norm.weight",
            "norm.norm.bias" => "norm.bias",
            "rel_pos_bias.rel_pos_bias" => "rel_pos_bias",
            "q_router.temp" => "temperature",
            _ => name,
        });
        var inputs = new LayerInputs(golden["x"].transpose(0, 1));
        outcome.With("out", layer.forward(inputs).transpose(0, 1));
        return golden.Has("router_prob") ? outcome.With("router_prob", layer.RouterShares(inputs)) : outcome;
    }
}
