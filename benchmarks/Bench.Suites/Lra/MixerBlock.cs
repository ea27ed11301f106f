using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>
/// Norm, mixer, GELU, a linear map to 2·E that gates itself (GLU), dropout, residual; or the norm after the residual.
/// </summary>
/// <remarks>The block of Gu et al., "Efficiently modeling long sequences with structured state spaces", arXiv:2111.00396, around any mixer.</remarks>
internal sealed class MixerBlock : EncoderBlock
{
    private readonly bool _before;
    private readonly SequenceNorm norm;
    private readonly AttentionLayer attention;
    private readonly Linear gate;
    private readonly SeededDropout dropout;

    /// <summary>Builds the block around an attention layer; it owns it.</summary>
    public MixerBlock(AttentionLayer layer, int width, double dropout, NormKind norm)
        : base("block")
    {
        attention = layer;
        _before = norm is NormKind.PreBatch or NormKind.PreLayer;
        this.norm = new SequenceNorm(width, overBatch: norm is NormKind.PreBatch or NormKind.PostBatch);
        gate = nn.Linear(width, 2 * width);
        this.dropout = new SeededDropout(dropout);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override IReadOnlyList<SeededDropout> Dropouts => [dropout];

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var mixed = Attend(attention, _before ? norm.forward(hidden) : hidden, mask);
        var sum = hidden + dropout.forward(nn.functional.glu(gate.forward(nn.functional.gelu(mixed))));
        return (_before ? sum : norm.forward(sum)).MoveToOuterDisposeScope();
    }
}
