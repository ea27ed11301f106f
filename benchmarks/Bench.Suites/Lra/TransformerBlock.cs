using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>LayerNorm, attention, dropout, residual; LayerNorm, perceptron with GELU and two dropouts, residual.</summary>
/// <remarks>Tay et al., arXiv:2011.04006. The perceptron's weights are Xavier-uniform, its biases 0 (there: N(0, 1e-6)).</remarks>
internal sealed class TransformerBlock : EncoderBlock
{
    private readonly LayerNorm attention_norm;
    private readonly AttentionLayer attention;
    private readonly SeededDropout attention_dropout;
    private readonly LayerNorm mlp_norm;
    private readonly Linear inner;
    private readonly Linear outer;
    private readonly SeededDropout inner_dropout;
    private readonly SeededDropout outer_dropout;

    /// <summary>Builds the block around an attention layer; it owns it.</summary>
    public TransformerBlock(AttentionLayer layer, int width, int mlp, double dropout)
        : base("block")
    {
        attention = layer;
        (attention_norm, mlp_norm) = (nn.LayerNorm(width), nn.LayerNorm(width));
        (inner, outer) = (nn.Linear(width, mlp), nn.Linear(mlp, width));
        (attention_dropout, inner_dropout, outer_dropout) = (new SeededDropout(dropout), new SeededDropout(dropout), new SeededDropout(dropout));
        foreach (var linear in new[] { inner, outer })
        {
            nn.init.xavier_uniform_(linear.weight!);
            nn.init.zeros_(linear.bias!);
        }

        RegisterComponents();
    }

    /// <inheritdoc />
    public override IReadOnlyList<SeededDropout> Dropouts => [attention_dropout, inner_dropout, outer_dropout];

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var mixed = hidden + attention_dropout.forward(Attend(attention, attention_norm.forward(hidden), mask));
        var wide = inner_dropout.forward(nn.functional.gelu(inner.forward(mlp_norm.forward(mixed))));         // [B, N, mlp]
        return (mixed + outer_dropout.forward(outer.forward(wide))).MoveToOuterDisposeScope();
    }
}
