using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Heads that are local or full, with every key of a block of queries masked: O(N²·D) time, O(N·D) memory.</summary>
/// <remarks>"Long-short" (LS) attention, arXiv:2505.15548; the order of heads is ours, the paper's sizes could not be verified.</remarks>
[Attention("ls-attention/masked", AttentionPattern.CausalSelf,
    Title = "Local and full heads (LS-attention)", Paper = "arXiv:2505.15548", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·N·H·D", Reference = true)]
public sealed class MaskedSplitHeads(AttentionSettings settings, SplitHeadsOptions options) : SplitHeads(settings, options, gathers: false);
