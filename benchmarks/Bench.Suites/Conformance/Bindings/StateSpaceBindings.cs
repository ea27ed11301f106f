using Bench.Attention;
using Bench.Attention.Layers;
using Bench.Attention.Recurrent;
using Bench.Attention.StateSpace;
using Bench.Domain.Matrix;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>HGRN's scan alone, and its layer.</summary>
[Golden("hgrn", "hgrn-layer")]
internal sealed class HgrnBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of("hgrn").Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 1, (int)golden["x"].shape[2]);
        var expand = golden.Int("expand_ratio", 1);
        var layer = (Hgrn)AttentionCatalogue.CreateLayer(implementation, settings, new Dictionary<string, string> { ["expand"] = $"{expand}" });
        layer.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        if (golden.Mechanism == "hgrn")
        {
            var (states, final) = layer.Scan(golden["g"], golden["x"], golden.Optional("initial_state"));
            return outcome.With("out", states).With("state", final);
        }

        outcome.LoadParameters(golden, layer);
        var named = golden.Has("lower_bound") ? new Dictionary<string, Tensor> { ["lower_bound"] = golden["lower_bound"] } : [];
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"]) { Named = named }));
    }
}

/// <summary>Mamba's selective scan alone: channels before tokens.</summary>
[Golden("mamba-selective-scan")]
internal sealed class SelectiveScanBinding : GoldenBinding
{
    private const int Chunk = 16;

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of("mamba").Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var delta = golden["delta"].transpose(1, 2);                                  // [B, L, channels]
        delta = golden.Has("delta_bias") ? delta + golden["delta_bias"] : delta;
        var scan = new SelectiveScan(
            golden["u"].transpose(1, 2),
            golden.Flag("delta_softplus") ? torch.nn.functional.softplus(delta, 1, 20) : delta,
            golden["A"], Groups(golden["B"]), Groups(golden["C"]))
        {
            Skip = golden.Optional("D"),
            Gate = golden.Optional("z")?.transpose(1, 2),
        };
        var (output, state) = scan.Run(implementation.EndsWith("recurrent", StringComparison.Ordinal) ? null : Chunk);
        return new GoldenOutcome().With("out", output.transpose(1, 2)).With("state", state);
    }

    private static Tensor Groups(Tensor x) => x.dim() == 3 ? x.transpose(1, 2).unsqueeze(2) : x.permute(0, 3, 1, 2); // [B, L, groups, n]
}

/// <summary>Mamba's block.</summary>
[Golden("mamba-layer")]
internal sealed class MambaLayerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of("mamba").Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var width = (int)golden["x"].shape[2];
        var layer = AttentionCatalogue.CreateLayer(
            implementation, new AttentionSettings(AttentionPattern.CausalSelf, 1, width), new Dictionary<string, string>
            {
                ["states"] = $"{golden["param.A_log"].shape[1]}",
                ["expand"] = $"{golden["param.A_log"].shape[0] / width}",
                ["kernel"] = $"{golden["param.conv1d.weight"].shape[2]}",
                ["rank"] = $"{golden["param.dt_proj.weight"].shape[1]}",
            });
        layer.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, layer);
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"])));
    }
}

/// <summary>Mamba-2's block and RWKV-7's time mixing around their operators.</summary>
[Golden("mamba2-layer", "rwkv7-time-mix")]
internal sealed class MixerLayerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.Mechanism == "mamba2-layer" ? "mamba2-ssd" : "rwkv7", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var width = (int)golden["x"].shape[2];
        var outcome = new GoldenOutcome();
        if (golden.Mechanism == "rwkv7-time-mix")
        {
            var size = golden.Int("head_size");
            var mix = new Rwkv7Layer(
                AttentionCatalogue.CreateOperator(implementation, new AttentionSettings(AttentionPattern.CausalSelf, width / size, size)),
                (int)golden["param.w1"].shape[1]);
            RecurrenceLayerBinding.LoadLayer(golden, mix, outcome);
            var named = golden.Has("v_first") ? new Dictionary<string, Tensor> { ["v_first"] = golden["v_first"] } : [];
            var (output, first) = mix.Mix(new LayerInputs(golden["x"]) { Named = named });
            return outcome.With("out", output).With("v_first_out", first);
        }

        var (heads, inner) = ((int)golden["param.A_log"].shape[0], (int)golden["param.out_proj.weight"].shape[1]);
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, heads, golden.Int("d_state", 64)) { ValueSize = inner / heads };
        var layer = new Mamba2Layer(AttentionCatalogue.CreateOperator(implementation, settings), new Mamba2LayerOptions
        {
            ModelSize = width,
            Groups = golden.Int("ngroups", 1),
            Kernel = (int)golden["param.conv1d.weight"].shape[2],
        });
        RecurrenceLayerBinding.LoadLayer(golden, layer, outcome);
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"])));
    }
}
