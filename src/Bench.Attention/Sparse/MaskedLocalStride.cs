using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Block-sparse local and vertically strided attention, with every key of a block of queries masked: O(N²·D) time, O(N·D) memory.</summary>
/// <remarks>Ge et al., "A Little Goes a Long Way" (LongGen), arXiv:2410.01485, section 3; the mask rule of the public kernel library by one of its authors. Decoding here keeps the whole cache.</remarks>
[Attention("local-stride/masked", AttentionPattern.CausalSelf, AttentionPattern.NoncausalSelf,
    Title = "Local and strided blocks (LongGen)", Paper = "arXiv:2410.01485", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·N·H·D", Reference = true)]
public sealed class MaskedLocalStride(AttentionSettings settings, LocalStrideOptions options) : LocalStride(settings, options, gathers: false);
