using Bench.Attention;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>RWKV-7: r, k, v, the raw decay w, a and b.</summary>
[Golden("rwkv7")]
internal sealed class Rwkv7Binding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("rwkv7", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => RecurrenceCase.Run(
        golden, implementation,
        new AttentionInputs(golden["r"], golden["k"], golden["v"])
        {
            Named = new Dictionary<string, Tensor> { ["w"] = golden["w"], ["a"] = golden["a"], ["b"] = golden["b"] },
        },
        null, ("initial_state", "state", "s"));
}

/// <summary>Mamba-2's core: x, a, b, c as <c>[B, L, H, ·]</c>; the state is recorded value-major.</summary>
[Golden("mamba2-ssd")]
internal sealed class Mamba2SsdBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("mamba2-ssd", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var inputs = new AttentionInputs(golden["c"].transpose(1, 2), golden["b"].transpose(1, 2), golden["x"].transpose(1, 2))
        {
            Named = new Dictionary<string, Tensor> { ["a"] = golden["a"].transpose(1, 2) },
        };
        using var initial = new TensorState();
        if (golden.Optional("initial_state") is { } state)
        {
            initial["s"] = state.transpose(-2, -1);
            inputs = inputs with { InitialState = initial };
        }

        var outcome = RecurrenceCase.Run(golden, implementation, inputs, null, ("", "state", "s"));
        outcome.Outputs["out"] = outcome.Outputs["out"].transpose(1, 2);
        if (outcome.Outputs.TryGetValue("state", out var final))
        {
            outcome.Outputs["state"] = final.transpose(-2, -1);
        }

        return outcome;
    }
}

/// <summary>DeltaProduct: n keys, values and strengths per token in rows <c>t·n + j</c>.</summary>
[Golden("delta-product")]
internal sealed class DeltaProductBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("delta-product", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var steps = golden.Int("num_householder");
        var (key, value) = (golden["k"].unflatten(2, [-1, steps]), golden["v"].unflatten(2, [-1, steps])); // [B, H, N, n, ·]
        var named = new Dictionary<string, Tensor> { ["beta"] = golden["beta"].unflatten(2, [-1, steps]) };
        if (steps > 1)
        {
            (named["k_next"], named["v_next"]) = (key.narrow(3, 1, steps - 1), value.narrow(3, 1, steps - 1));
        }

        if (golden.Has("g"))
        {
            named["g"] = golden["g"];
        }

        var inputs = new AttentionInputs(golden["q"], key.select(3, 0), value.select(3, 0)) { Named = named };
        var options = new Dictionary<string, string>
        {
            ["steps"] = $"{steps}",
            ["gated"] = golden.Has("g") ? "true" : "false",
            ["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, golden["q"].shape[3])),
        };
        return RecurrenceCase.Run(golden, implementation, inputs, options, ("initial_state", "state", "s"));
    }
}
