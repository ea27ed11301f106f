using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Attention inside groups that half of the heads shift by half a group, with only the visible keys of a block of queries gathered: O(N·G·D) time, O(N·D) memory.</summary>
/// <remarks>Chen et al., "LongLoRA", arXiv:2309.12307, section 3.2; the cut points of its flash path, which leak nothing. A training pattern: inference uses full attention, so there is no decode.</remarks>
[Attention("s2-attention/gathered", AttentionPattern.CausalSelf,
    Title = "Shifted sparse attention (S²-Attn)", Paper = "arXiv:2309.12307", Time = "O(N·G·D)", Memory = "O(N·D)")]
public sealed class GatheredShiftedSparse(AttentionSettings settings, ShiftedOptions options) : ShiftedSparse(settings, options, gathers: true);
