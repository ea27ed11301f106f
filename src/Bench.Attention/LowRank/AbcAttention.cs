using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// What the forms of attention with bounded-memory control share. Learned gates a = k·C write every token into r slots,
/// K̃ = softmax over positions(a)ᵀ k and Ṽ likewise, and queries read softmax(q K̃ᵀ/√D) Ṽ. C is shared by all heads.
/// </summary>
/// <remarks>Peng et al., "ABC", arXiv:2110.02488, section 3; gates as in CAB: no scaling, no bias.</remarks>
public abstract class AbcAttention : AttentionOperator
{
    /// <summary>Stands for "nothing seen yet" in a running log-sum-exp: finite, so that no difference of infinities arises.</summary>
    protected const double Empty = -1e30;

    /// <summary>Weights are Xavier-uniform with gain 1/√2.</summary>
    protected AbcAttention(AttentionSettings settings, AbcOptions options)
        : base(settings)
    {
        Landmarks = options.Landmarks;
        var keys = empty(settings.HeadSize, Landmarks);
        var values = empty(settings.ValueSize, Landmarks);
        nn.init.xavier_uniform_(keys, Math.Sqrt(0.5));
        nn.init.xavier_uniform_(values, Math.Sqrt(0.5));
        register_parameter("compress_k", new Parameter(keys));
        register_parameter("compress_v", new Parameter(values));
    }

    /// <summary>r: memory slots.</summary>
    protected int Landmarks { get; }

    /// <summary>Gate logits <c>[B, H, M, r]</c> of keys or of values; −∞ where padded.</summary>
    /// <param name="name"><c>compress_k</c> or <c>compress_v</c>.</param>
    /// <param name="rows">Keys or values, <c>[B, H, M, D]</c>.</param>
    /// <param name="mask">True where real, or null.</param>
    protected Tensor Gates(string name, Tensor rows, Tensor? mask)
    {
        var gates = rows.matmul(get_parameter(name)!);
        return mask is null ? gates : gates.masked_fill(mask.logical_not()[.., TensorIndex.None, .., TensorIndex.None], float.NegativeInfinity);
    }
}
