using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Blocks of sinks and of a local band, sized for each head, with only the visible keys of a block of queries gathered: O(N·(s + w)·D) time, O(N·D) memory.</summary>
/// <remarks>Fu et al., "MoA: Mixture of Sparse Attention", arXiv:2406.14909, section 4; the calibration that finds the sizes is not part of it. Decoding here keeps the whole cache and the prefill pattern.</remarks>
[Attention("moa/gathered", AttentionPattern.CausalSelf,
    Title = "Mixture of sparse attention (MoA)", Paper = "arXiv:2406.14909", Time = "O(N·(s + w)·D)", Memory = "O(N·D)", State = "2·N·H·D")]
public sealed class GatheredMixtureOfSparse(AttentionSettings settings, MixtureOptions options) : MixtureOfSparse(settings, options, gathers: true);
