using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>Logits of a query are a small network of it, relu(q W₁) W₂, for each head.</summary>
/// <remarks>Tay et al., "Synthesizer: Rethinking Self-Attention in Transformer Models", arXiv:2005.00743, section 3.1.</remarks>
[Attention("synthesizer-dense/naive", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Synthesizer, dense", Paper = "arXiv:2005.00743", Time = "O(N²·D)", Memory = "O(N²)", Reference = true)]
public sealed class DenseSynthesizer : Synthesizer
{
    /// <summary>Weights start uniform in ±1/√fan-in.</summary>
    public DenseSynthesizer(AttentionSettings settings, SynthesizerOptions options)
        : base(settings, options)
    {
        Register("w1", settings.HeadSize, settings.Heads, settings.HeadSize, options.Rank);
        Register("w2", options.Rank, settings.Heads, options.Rank, settings.WeightLength);
    }

    /// <inheritdoc />
    protected override Tensor Logits(Tensor query) =>
        nn.functional.relu(query.matmul(get_parameter("w1")!)).matmul(get_parameter("w2")!.narrow(2, 0, query.shape[2]));

    /// <inheritdoc />
    protected override double LogitFlops(AttentionShape shape) => 2.0 * Rank;
}
