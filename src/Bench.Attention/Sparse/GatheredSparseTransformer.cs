using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Factorised attention of the Sparse Transformer, with only the visible keys of a block of queries gathered: O(N·√N·D) time, O(N·D) memory.</summary>
/// <remarks>Child et al., "Generating Long Sequences with Sparse Transformers", arXiv:1904.10509, section 4.2; the released code's patterns, of which a head has one. Fixed segments longer than √N cost more than the paper's bound.</remarks>
[Attention("sparse-transformer/gathered", AttentionPattern.CausalSelf,
    Title = "Sparse Transformer (strided, fixed, local)", Paper = "arXiv:1904.10509", Time = "O(N·√N·D)", Memory = "O(N·D)", State = "2·N·H·D")]
public sealed class GatheredSparseTransformer(AttentionSettings settings, SparseTransformerOptions options) : SparseTransformer(settings, options, gathers: true);
