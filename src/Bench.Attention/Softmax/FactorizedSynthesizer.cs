using Bench.Domain.Matrix;

namespace Bench.Attention.Softmax;

/// <summary>Logits are a learned product of rank k for each head.</summary>
/// <remarks>Tay et al., "Synthesizer: Rethinking Self-Attention in Transformer Models", arXiv:2005.00743, section 3.3.</remarks>
[Attention("synthesizer-factorized/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Synthesizer, factorized", Paper = "arXiv:2005.00743", Time = "O(N²·D)", Memory = "O(N²)", Reference = true)]
public sealed class FactorizedSynthesizer : Synthesizer
{
    /// <summary>Weights start uniform in ±1/√fan-in.</summary>
    public FactorizedSynthesizer(AttentionSettings settings, SynthesizerOptions options)
        : base(settings, options)
    {
        Register("random1", options.Rank, settings.Heads, settings.WeightLength, options.Rank);
        Register("random2", options.Rank, settings.Heads, options.Rank, settings.WeightLength);
    }

    /// <inheritdoc />
    protected override Tensor Logits(Tensor query) =>
        get_parameter("random1")!.narrow(1, 0, query.shape[2]).matmul(get_parameter("random2")!.narrow(2, 0, query.shape[2])).unsqueeze(0);

    /// <inheritdoc />
    protected override double LogitFlops(AttentionShape shape) => 2.0 * Rank;
}
