using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Attention inside groups that half of the heads shift by half a group, with every key of a block of queries masked: O(N²·D) time, O(N·D) memory.</summary>
/// <remarks>Chen et al., "LongLoRA", arXiv:2309.12307, section 3.2; the cut points of its flash path, which leak nothing. A training pattern: inference uses full attention, so there is no decode.</remarks>
[Attention("s2-attention/masked", AttentionPattern.CausalSelf,
    Title = "Shifted sparse attention (S²-Attn)", Paper = "arXiv:2309.12307", Time = "O(N²·D)", Memory = "O(N·D)", Reference = true)]
public sealed class MaskedShiftedSparse(AttentionSettings settings, ShiftedOptions options) : ShiftedSparse(settings, options, gathers: false);
