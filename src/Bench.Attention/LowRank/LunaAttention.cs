using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// What the forms of Luna share. Pack: l learned queries p attend to the tokens, Y = softmax(p kᵀ/√D) [k ; v]; unpack: the queries attend to
/// the packed slots, softmax(q Y_kᵀ/√D) Y_v. Causal self replaces the softmax over tokens by averages of what has been seen: with
/// a_j = softplus₂(p k_jᵀ/√D), slot logits are (1/t) Σ_{j≤t} (q_t·k_j/√D) a_j, and with their softmax w the output is (1/t) Σ_{j≤t} (w_t·a_j) v_j.
/// </summary>
/// <remarks>Ma et al., "Luna: Linear Unified Nested Attention", arXiv:2106.01540, sections 3.1 to 3.3.</remarks>
public abstract class LunaAttention : AttentionOperator
{
    private readonly int _slots;

    /// <summary>Packing queries start standard normal.</summary>
    protected LunaAttention(AttentionSettings settings, LunaOptions options)
        : base(settings)
    {
        _slots = options.Landmarks;
        register_parameter("pack", new Parameter(randn(settings.Heads, _slots, settings.HeadSize)));
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern != AttentionPattern.NoncausalSelf;

    /// <summary>How the running sums of causal self are computed.</summary>
    protected abstract RecurrenceForm Form { get; }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        if (Settings.Pattern == AttentionPattern.CausalSelf)
        {
            return Causal(inputs, null, Form).Output.MoveToOuterDisposeScope();
        }

        var (keys, values) = Pack(inputs);
        return Unpack(inputs.Query, keys, values).MoveToOuterDisposeScope();                          // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var state = new TensorState { Position = inputs.Query.shape[2] };
        if (Settings.Pattern.IsCross)
        {
            var (keys, values) = Pack(inputs);
            (state["keys"], state["values"]) = (keys.detach(), values.detach());
            return (Unpack(inputs.Query, keys, values).MoveToOuterDisposeScope(), state);
        }

        return (Keep(Causal(inputs, null, Form), state).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        kept.Position++;
        return (Settings.Pattern.IsCross
            ? Unpack(token.Query, kept["keys"], kept["values"])
            : Keep(Causal(token, kept, TokenForm.Instance), kept)).MoveToOuterDisposeScope();          // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => !Decodes ? 0
        : (Settings.Heads * (long)_slots * (Settings.HeadSize + Settings.ValueSize)) + (Settings.Pattern.IsCross ? 0 : 1);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, l = _slots, width = shape.HeadSize + shape.ValueSize;
        var pack = m * l * ((2 * shape.HeadSize) + 5) + (2 * m * l * width);
        var unpack = n * l * ((2 * width) + 5);
        return new AttentionCost(
            shape.Rows * (pack + unpack),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * ((2 * (m + n) * l) + (l * width) + (n * shape.ValueSize)));
    }

    /// <summary>Slots of the whole source: keys <c>[B, H, l, D]</c> and values <c>[B, H, l, Dv]</c>.</summary>
    private (Tensor Keys, Tensor Values) Pack(AttentionInputs inputs)
    {
        var scores = Scores(inputs.Key);                                                              // [B, H, l, M]
        var weights = inputs.KeyMask is { } mask
            ? MaskedSoftmax.Of(scores, mask[.., TensorIndex.None, TensorIndex.None, ..])
            : scores.softmax(-1);
        return (weights.matmul(inputs.Key), weights.matmul(inputs.Value));
    }

    private Tensor Unpack(Tensor query, Tensor keys, Tensor values) =>
        (query / Math.Sqrt(Settings.HeadSize)).matmul(keys.transpose(-2, -1)).softmax(-1).matmul(values);

    private Pass Causal(AttentionInputs inputs, TensorState? state, RecurrenceForm form)
    {
        // softplus₂(x) = ln(1 + 2^x) / ln 2: one where the logit is zero.
        var shares = nn.functional.softplus(Scores(inputs.Key), Math.Log(2), 20).transpose(-2, -1);  // [B, H, N, l]
        var seen = ones([inputs.Key.shape[0], inputs.Key.shape[2]], inputs.Key.dtype, inputs.Key.device);
        if (inputs.KeyMask is { } mask)
        {
            seen = mask.to(inputs.Key.dtype);
            shares = shares * seen[.., TensorIndex.None, .., TensorIndex.None];
        }

        var counts = seen.cumsum(1) + (state?["count"] ?? zeros_like(seen.narrow(1, 0, 1)));          // [B, N]
        var average = 1 / counts.clamp(min: 1)[.., TensorIndex.None, .., TensorIndex.None];           // [B, 1, N, 1]
        var keys = form.Run(new Recurrence(inputs.Query, inputs.Key, shares) { Scale = 1 / Math.Sqrt(Settings.HeadSize), State = state?["keys"] });
        var weights = (keys.Output * average).softmax(-1);                                            // [B, H, N, l]
        var values = form.Run(new Recurrence(weights, shares, inputs.Value) { State = state?["values"] });
        return new Pass(values.Output * average, keys.State, values.State, counts.narrow(1, counts.shape[1] - 1, 1));
    }

    private static Tensor Keep(Pass pass, TensorState state)
    {
        (state["keys"], state["values"], state["count"]) = (pass.Keys.detach().clone(), pass.Values.detach().clone(), pass.Count.detach().clone());
        return pass.Output;
    }

    /// <summary>p kᵀ/√D: <c>[B, H, l, M]</c>.</summary>
    private Tensor Scores(Tensor key) => (get_parameter("pack")! / Math.Sqrt(Settings.HeadSize)).matmul(key.transpose(-2, -1));

    /// <summary>Output <c>[B, H, N, Dv]</c> and the sums after the last token: <c>[B, H, D, l]</c>, <c>[B, H, l, Dv]</c>, tokens <c>[B, 1]</c>.</summary>
    private sealed record Pass(Tensor Output, Tensor Keys, Tensor Values, Tensor Count);
}

/// <summary>Luna with its causal sums token by token.</summary>
[Attention("luna/recurrent", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross,
    Extensions = [AttentionPattern.CausalCross], Title = "Luna", Paper = "arXiv:2106.01540", Time = "O(N·l·D)", Memory = "O(N·l)",
    State = "2·l·H·D + 1", Reference = true)]
public sealed class RecurrentLuna(AttentionSettings settings, LunaOptions options) : LunaAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>Luna with its causal sums in one pass, the state in cache.</summary>
[Attention("luna/fused", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross,
    Extensions = [AttentionPattern.CausalCross], Title = "Luna", Paper = "arXiv:2106.01540", Time = "O(N·l·D)", Memory = "O(N·l)",
    State = "2·l·H·D + 1")]
public sealed class FusedLuna(AttentionSettings settings, LunaOptions options) : LunaAttention(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
