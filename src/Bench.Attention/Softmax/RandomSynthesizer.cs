using Bench.Domain.Matrix;

namespace Bench.Attention.Softmax;

/// <summary>Logits are a learned matrix for each head.</summary>
/// <remarks>Tay et al., "Synthesizer: Rethinking Self-Attention in Transformer Models", arXiv:2005.00743, section 3.2.</remarks>
[Attention("synthesizer-random/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Synthesizer, random", Paper = "arXiv:2005.00743", Time = "O(N²·D)", Memory = "O(N²)", Reference = true)]
public sealed class RandomSynthesizer : Synthesizer
{
    /// <summary>Weights start uniform in ±1/√fan-in.</summary>
    public RandomSynthesizer(AttentionSettings settings, SynthesizerOptions options)
        : base(settings, options)
    {
        Register("random", settings.MaxLength, settings.Heads, settings.WeightLength, settings.WeightLength);
    }

    /// <inheritdoc />
    protected override Tensor Logits(Tensor query) =>
        get_parameter("random")!.narrow(1, 0, query.shape[2]).narrow(2, 0, query.shape[2]).unsqueeze(0);

    /// <inheritdoc />
    protected override double LogitFlops(AttentionShape shape) => 0;
}
