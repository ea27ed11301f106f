using Bench.Attention;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Memories of slots: ABC in its recurrent form, and gated slot attention; states are recorded for the heads of keys and values.</summary>
[Golden("abc", "gated-slot-attention")]
internal sealed class SlotBinding : GoldenBinding
{
    private static readonly string[] Own = ["s", "g"];

    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Has("s");

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.Mechanism == "abc" ? "abc-slots" : golden.Mechanism, golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var slots = golden["s"].shape[3];
        var named = Own.Where(golden.Has).ToDictionary(name => name, name => golden[name]);
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"]) { Named = named };
        var options = new Dictionary<string, string> { ["slots"] = $"{slots}" };
        if (golden.Mechanism == "gated-slot-attention")
        {
            options["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, golden["q"].shape[3]));
        }

        var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        var repeats = golden["q"].shape[1] / golden["k"].shape[1];
        using var initial = new TensorState();
        if (golden.Has("state_k"))
        {
            (initial["k"], initial["v"]) = (golden["state_k"].repeat_interleave(repeats, 1), golden["state_v"].repeat_interleave(repeats, 1));
            inputs = inputs with { InitialState = initial };
        }

        var (output, final) = attention.Prefill(inputs);
        var outcome = new GoldenOutcome().With("out", output);
        var heads = Enumerable.Range(0, (int)golden["k"].shape[1]).Select(head => head * repeats).ToArray();
        foreach (var (recorded, ours) in new[] { ("final_state_k", "k"), ("final_state_v", "v") }.Where(pair => golden.Has(pair.Item1)))
        {
            outcome.With(recorded, final.Tensors[ours].index_select(1, torch.tensor(heads)));
        }

        final.Dispose();
        return outcome;
    }
}

/// <summary>Layers around slots, and Based's linear-attention layer.</summary>
[Golden("abc-layer", "gsa-layer", "based-linear-layer")]
internal sealed class SlotLayerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators(golden.Mechanism switch
    {
        "abc-layer" => "abc-slots",
        "gsa-layer" => "gated-slot-attention",
        _ => "based-taylor",
    }, golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var width = (int)golden["x"].shape[2];
        var layer = golden.Mechanism switch
        {
            "abc-layer" => new AbcSlotsLayer(Operator(golden, implementation, "s_proj.weight"), width),
            "gsa-layer" => new GatedSlotAttentionLayer(Operator(golden, implementation, "f_proj.weight"), width),
            _ => (OperatorLayer)new BasedLayer(Operator(golden, implementation, null), width),
        };
        var outcome = new GoldenOutcome();
        RecurrenceLayerBinding.LoadLayer(golden, layer, outcome);
        return outcome.With("out", layer.forward(new LayerInputs(golden["x"])));
    }

    private static AttentionOperator Operator(GoldenCase golden, string implementation, string? slots)
    {
        var heads = golden.Int("num_heads", 1);
        var keyHeads = golden.Int("num_kv_heads", heads);
        var settings = new AttentionSettings(
            golden.Pattern ?? AttentionPattern.CausalSelf, heads, RecurrenceLayerBinding.Rows(golden, "q_proj.weight") / heads)
        {
            KeyValueHeads = keyHeads,
            ValueSize = RecurrenceLayerBinding.Rows(golden, "v_proj.weight") / keyHeads,
        };
        var options = new Dictionary<string, string>();
        if (slots is null)
        {
            options["epsilon"] = RecurrenceCase.Text(golden.Number("eps", 1e-12));
        }
        else
        {
            options["slots"] = $"{RecurrenceLayerBinding.Rows(golden, slots) / keyHeads}";
        }

        if (golden.Mechanism == "gsa-layer")
        {
            options["scale"] = RecurrenceCase.Text(golden.Number("scale", 1));
        }

        return AttentionCatalogue.CreateOperator(implementation, settings, options);
    }
}
