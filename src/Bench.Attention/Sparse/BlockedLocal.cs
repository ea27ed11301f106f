using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>
/// Sliding-window attention by blocks of queries that share a strip of keys: matrix products instead of a window per query.
/// O(N·(w + c)·D) time and O(N·(w + c)) memory, w the window and c the block.
/// </summary>
/// <remarks>Beltagy et al., arXiv:2004.05150, appendix A, describe the same blocking.</remarks>
[Attention("local/blocked", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sliding-window attention", Paper = "arXiv:2004.05150", Time = "O(N·w·D)", Memory = "O(N·(w + D))", State = "2·w·H·D")]
public sealed class BlockedLocal(AttentionSettings settings, LocalOptions options) : LocalAttention(settings, options)
{
    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape),
        AttentionCost.InputOutputElements(shape),
        BlockedElements(shape));

    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, AttentionInputs inputs) => AttendInBlocks(query, inputs);
}
