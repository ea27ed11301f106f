using System.Text.Json;
using Bench.Attention;
using Bench.Attention.Kernel;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>LightNet's linearised relative position on grids.</summary>
[Golden("md-lrpe-cosine")]
internal sealed class LinearRelativePositionBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => new GoldenOutcome().With("out", LinearRelativePosition.Cosine(
        golden["x"], golden["theta"],
        [.. golden.Param("grid") is { ValueKind: JsonValueKind.Array } grid ? grid.EnumerateArray().Select(length => length.GetInt64()) : []]));
}

/// <summary>Whole layers that stand by themselves: InLine, RAT, Based's window.</summary>
[Golden("inline-attention", "rat-layer", "based-sliding-window-layer")]
internal sealed class WholeLayerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of(golden.Mechanism switch
    {
        "rat-layer" => "rat",
        "based-sliding-window-layer" => "based-window",
        var name => name,
    }).Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var width = (int)golden["x"].shape[2];
        var heads = golden.Int("num_heads", golden.Int("num_head", 1));
        Dictionary<string, string> options = golden.Mechanism switch
        {
            "inline-attention" => new() { ["bias"] = golden.Has("param.qkv.bias") ? "true" : "false", ["prefix"] = golden.Flag("class_token") ? "1" : "0" },
            "rat-layer" => new() { ["chunkSize"] = $"{golden.Int("chunk_size")}", ["groups"] = $"{golden.Int("ngroups", 1)}" },
            _ => new() { ["window"] = $"{golden.Int("block_size")}" },
        };
        var settings = new AttentionSettings(golden.Pattern ?? AttentionPattern.CausalSelf, heads, width / heads);
        var layer = AttentionCatalogue.CreateLayer(implementation, settings, options);
        layer.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, layer);
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"])));
    }
}

/// <summary>The official TTT-Linear layer; γ and δ carry their own names there.</summary>
[Golden("ttt-linear-official-layer")]
internal sealed class TttLinearLayerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("ttt-linear", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var (width, heads, batch) = ((int)golden["x"].shape[2], golden.Int("num_heads", 1), golden.Int("mini_batch_size", 16));
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, heads, width / heads);
        var attention = AttentionCatalogue.CreateOperator(implementation, settings, new Dictionary<string, string> { ["miniBatch"] = $"{batch}" });
        var layer = new TttLinearLayer(attention, batch, golden.Number("ttt_base_lr", 1));
        layer.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, layer, name => name switch
        {
            "ttt_norm_weight" => "core.w",
            "ttt_norm_bias" => "core.b",
            "W1" or "b1" => $"core.{name}",
            _ => name,
        });
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"])));
    }
}
