using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Combiner with one summary a segment: its key pools the segment's keys, its value is what the segment's pooled query attends to inside.
/// O(N·(L + N/L)·D) time and O(N·(L + N/L)) memory.
/// </summary>
/// <remarks>Ren et al., arXiv:2107.05768, section 4.1 (fixed); the authors' sqrt_fixed_full.</remarks>
[Attention("combiner-fixed/joint", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Combiner, a summary a segment", Paper = "arXiv:2107.05768", Time = "O(N·(L + N/L)·D)", Memory = "O(N·(L + N/L))", Reference = true)]
public sealed class CombinerFixed(AttentionSettings settings, CombinerFixedOptions options) : CombinerAttention(settings, options.Segment)
{
    /// <inheritdoc />
    protected override double SummaryFlops(double length, double size, double keySize, double valueSize) =>
        length * ((4 * keySize) + (2 * valueSize) + 7);

    /// <inheritdoc />
    private protected override (Tensor Logits, Tensor Exists, Func<Tensor, Tensor> Sum) Summaries(
        Tensor query, Tensor key, Tensor value, Tensor near, Tensor real)
    {
        Tensor Pool(Tensor rows)
        {
            var padded = real.logical_not().unsqueeze(-1);
            var active = options.Pool is CombinerPool.ReluMax or CombinerPool.ReluSum or CombinerPool.ReluMean ? nn.functional.relu(rows) : rows;
            if (options.Pool is CombinerPool.ReluMax or CombinerPool.IdentityMax)
            {
                // A segment without real tokens has no key; it is hidden below.
                return active.masked_fill(padded, double.NegativeInfinity).amax([3]).masked_fill(real.any(3, true).logical_not(), 0);
            }

            var sum = active.masked_fill(padded, 0).sum(3);
            return options.Pool is CombinerPool.ReluSum or CombinerPool.IdentitySum ? sum : sum / real.sum(3).clamp(min: 1).unsqueeze(-1).to(rows.dtype);
        }

        var (keys, queries) = (Pool(key), Pool(query));                                                   // [B, H, n, D]
        var inside = MaskedSoftmax.Of(queries.unsqueeze(3).matmul(key.transpose(-2, -1)), real.unsqueeze(-2));
        var values = inside.matmul(value).squeeze(3);                                                     // [B, H, n, Dv]
        return (
            query.matmul(keys.unsqueeze(2).transpose(-2, -1)),
            real.any(3)[.., .., TensorIndex.None, TensorIndex.None, ..],
            weights => weights.matmul(values.unsqueeze(2)));
    }
}
