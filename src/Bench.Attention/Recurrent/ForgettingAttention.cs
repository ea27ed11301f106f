using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of forgetting attention.</summary>
public sealed record ForgettingAttentionOptions
{
    /// <summary>Keys a query sees, itself included; empty means all earlier ones.</summary>
    [Range(1, int.MaxValue)]
    public int? Window { get; set; }
}

/// <summary>
/// Softmax attention whose logits fade: <c>softmax_j(q_i·k_j/√D + G_i − G_j)</c>, where G is the running sum of a forget gate's logarithm per query
/// head. Needs no positional encoding.
/// </summary>
/// <remarks>Lin et al., "Forgetting Transformer", arXiv:2503.02130, section 3. With gates of 1 it is causal softmax attention.</remarks>
public abstract class ForgettingAttention(AttentionSettings settings, ForgettingAttentionOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("g", "B H N", InputKind.LogDecay)];

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs.Query, Expand(inputs.Key), Expand(inputs.Value), Bias(inputs)).MoveToOuterDisposeScope(); // [B, H, N, E]
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    /// <remarks>A further column of every kept key holds how much it has faded, G_now − G_j.</remarks>
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var sum = inputs.Required("g").detach().cumsum(2).unsqueeze(-1);              // [B, H, N, 1]
        var state = new KeyValueState(options.Window);
        state.Append(cat([Expand(inputs.Key.detach()), sum.narrow(2, sum.shape[2] - 1, 1) - sum], -1), Expand(inputs.Value.detach()));
        return (forward(inputs).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (KeyValueState)state;
        var key = Expand(token.Key);                                                  // [B, H, 1, D]
        using (no_grad())
        {
            kept.Keys.narrow(3, Settings.HeadSize, 1).add_(token.Required("g").unsqueeze(-1));
        }

        kept.Append(cat([key, zeros_like(key.narrow(3, 0, 1))], -1).detach(), Expand(token.Value).detach());
        var query = cat([token.Query / Math.Sqrt(Settings.HeadSize), ones_like(token.Query.narrow(3, 0, 1))], -1); // [B, H, 1, D + 1]
        return query.matmul(kept.Keys.transpose(-2, -1)).softmax(-1).matmul(kept.Values).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        (long)Settings.Heads * Math.Min(shape.Length, options.Window ?? int.MaxValue) * (Settings.HeadSize + 1 + Settings.ValueSize);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * Pairs(shape) * ((2.0 * shape.HeadSize) + (2.0 * shape.ValueSize) + 7),
        AttentionCost.InputOutputElements(shape) + (shape.Rows * shape.Length),
        shape.Rows * 3.0 * shape.Length * shape.Length);

    /// <summary>Softmax of scaled products plus bias, times values.</summary>
    protected abstract Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor bias);

    private double Pairs(AttentionShape shape) => options.Window is { } window && window < shape.Length
        ? (window * (shape.Length - window + 1.0)) + (window * (window - 1.0) / 2)
        : shape.DensePairs;

    /// <summary>G_i − G_j where query i sees key j, −∞ elsewhere: <c>[B, H, N, N]</c>.</summary>
    private Tensor Bias(AttentionInputs inputs)
    {
        var gate = inputs.Required("g");
        gate = inputs.KeyMask is { } padding ? gate.masked_fill(padding.logical_not().unsqueeze(1), 0) : gate;
        var sum = gate.cumsum(2).unsqueeze(-1);                                       // [B, H, N, 1]
        var seen = ones(sum.shape[2], sum.shape[2], dtype: ScalarType.Bool, device: sum.device).tril();
        seen = options.Window is { } window ? seen.triu(1 - window) : seen;
        if (inputs.KeyMask is { } mask)
        {
            // A padded row sees itself, so that no softmax is empty.
            var self = eye(sum.shape[2], dtype: ScalarType.Bool, device: sum.device);
            seen = seen.logical_and(mask.unsqueeze(1).unsqueeze(1)).logical_or(self); // [B, 1, N, N]
        }

        return (sum - sum.transpose(-2, -1)).masked_fill(seen.logical_not(), double.NegativeInfinity);
    }

    private Tensor Expand(Tensor heads) =>
        heads.shape[1] == Settings.Heads ? heads : heads.repeat_interleave(Settings.Heads / heads.shape[1], 1);
}

/// <summary>Forgetting attention with the score matrix in memory.</summary>
[Attention("forgetting-attention/naive", AttentionPattern.CausalSelf,
    Title = "Forgetting attention", Paper = "arXiv:2503.02130", Time = "O(N²·D)", Memory = "O(N²)", State = "H·N·(2D + 1)", Reference = true)]
public sealed class NaiveForgettingAttention(AttentionSettings settings, ForgettingAttentionOptions options) : ForgettingAttention(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor bias)
    {
        var scores = (query / Math.Sqrt(Settings.HeadSize)).matmul(key.transpose(-2, -1)) + bias; // [B, H, N, N]
        return scores.softmax(-1).matmul(value);
    }
}

/// <summary>Forgetting attention through libtorch's fused kernel, the gates as an additive mask.</summary>
[Attention("forgetting-attention/sdpa", AttentionPattern.CausalSelf,
    Title = "Forgetting attention", Paper = "arXiv:2503.02130", Time = "O(N²·D)", Memory = "O(N²)", State = "H·N·(2D + 1)")]
public sealed class FusedForgettingAttention(AttentionSettings settings, ForgettingAttentionOptions options) : ForgettingAttention(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor bias) =>
        nn.functional.scaled_dot_product_attention(query, key, value, attn_mask: bias, p: 0, is_casual: false);
}
