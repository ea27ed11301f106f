using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// What softmax's implementations share: cost, key–value cache, masks. Named input <c>bias</c> is an optional additive logit bias that
/// broadcasts to <c>[B, H, N, M]</c>.
/// </summary>
public abstract class SoftmaxAttention(AttentionSettings settings) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern != AttentionPattern.NoncausalSelf;

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => PrefillKeyValues(inputs);

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        var cache = (KeyValueState)state;
        if (!Settings.Pattern.IsCross)
        {
            cache.Append(token.Key, token.Value);
        }

        using var scope = NewDisposeScope();
        return Attend(token with { Key = cache.Keys, Value = cache.Values }, causal: false).MoveToOuterDisposeScope(); // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs, Settings.Pattern == AttentionPattern.CausalSelf).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        Decodes ? (long)shape.SourceLength * Settings.KeyValueHeads * (Settings.HeadSize + Settings.ValueSize) : 0;

    /// <summary>Softmax over the visible keys; a triangle when <paramref name="causal"/>.</summary>
    protected abstract Tensor Attend(AttentionInputs inputs, bool causal);

    /// <summary>Repeats grouped key or value heads to all query heads: <c>[B, Hk, M, D]</c> to <c>[B, H, M, D]</c>.</summary>
    protected Tensor Expand(Tensor heads) =>
        Settings.KeyValueHeads == Settings.Heads ? heads : heads.repeat_interleave(Settings.Heads / Settings.KeyValueHeads, 1);

    /// <summary>Useful operations of both matrix products and of the softmax (counted as 5 per pair).</summary>
    protected static double Flops(AttentionShape shape) =>
        shape.Rows * shape.DensePairs * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5);
}
