using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// Causal ABC exactly as CAB's code computes it: the memory at step n holds token n only, weighted by its share of the running gate sums, so
/// the past enters through normalisers alone. o_n = (Σ_c p_nc g^v_nc) v_n with g = exp(a − cumulative lse a), p = softmax_c(g^k_nc q_n·k_n/√D).
/// A separate mechanism, not an approximation of <c>abc</c>: O(N·r + N·D) time.
/// </summary>
/// <remarks>CAB, arXiv:2210.07661, its published causal-self results; the mechanism it is named after is arXiv:2110.02488.</remarks>
[Attention("abc-cab/parallel", AttentionPattern.CausalSelf,
    Title = "ABC as computed by CAB (causal memory not accumulated)", Paper = "arXiv:2210.07661", Time = "O(N·r·D)", Memory = "O(N·r)",
    State = "2·r·H", Reference = true)]
public sealed class CabAbc(AttentionSettings settings, AbcOptions options) : AbcAttention(settings, options)
{
    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs, null, null).Output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var state = new TensorState { Position = inputs.Query.shape[2] };
        var (output, keys, values) = Attend(inputs, null, null);
        (state["keys_lse"], state["values_lse"]) = (keys.detach(), values.detach());
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var (output, keys, values) = Attend(token, kept["keys_lse"], kept["values_lse"]);
        (kept["keys_lse"], kept["values_lse"]) = (keys.detach(), values.detach());
        kept.Position++;
        return output.MoveToOuterDisposeScope(); // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => 2L * Settings.Heads * Landmarks;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, r = Landmarks, d = shape.HeadSize, e = shape.ValueSize;
        return new AttentionCost(
            shape.Rows * n * (2 * r * (d + e) + 2 * 5 * r + 2 * d + 8 * r + e),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * n * (4 * r + e));
    }

    private (Tensor Output, Tensor KeysLse, Tensor ValuesLse) Attend(AttentionInputs inputs, Tensor? keysBefore, Tensor? valuesBefore)
    {
        var (keys, keysLse) = Shares(Gates("compress_k", inputs.Key, inputs.KeyMask), keysBefore);
        var (values, valuesLse) = Shares(Gates("compress_v", inputs.Value, inputs.KeyMask), valuesBefore);
        var product = (inputs.Query * inputs.Key).sum(-1, keepdim: true) / Math.Sqrt(Settings.HeadSize); // [B, H, N, 1]
        var read = (product * keys).softmax(-1);                                                         // [B, H, N, r]
        return ((read * values).sum(-1, keepdim: true) * inputs.Value, keysLse, valuesLse);              // [B, H, N, Dv]
    }

    /// <summary>exp(a_n − lse over i ≤ n), and the log-sum-exp after the last token <c>[B, H, 1, r]</c>.</summary>
    private static (Tensor Shares, Tensor Last) Shares(Tensor gates, Tensor? before)
    {
        var carried = before ?? full([gates.shape[0], gates.shape[1], 1, gates.shape[3]], Empty, dtype: gates.dtype, device: gates.device);
        var lse = cat([carried, gates], 2).logcumsumexp(2).narrow(2, 1, gates.shape[2]);
        return ((gates - lse).exp(), lse.narrow(2, gates.shape[2] - 1, 1).clone());
    }
}
