using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>Numbers of a <see cref="RobertaModel"/>.</summary>
/// <param name="Vocabulary">V.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Width">E.</param>
/// <param name="Heads">H.</param>
/// <param name="MaxLength">Learned positions.</param>
public sealed record RobertaSettings(int Vocabulary, int Layers, int Width, int Heads, int MaxLength)
{
    /// <summary>Dropout of hidden states and of attention weights.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>
    /// RoBERTa-base: 12 blocks, width 768, 12 heads, 50,265 tokens, 514 positions; 124.7 million parameters with its language-model head.
    /// </summary>
    /// <remarks>Liu et al., arXiv:1907.11692.</remarks>
    public static RobertaSettings Base { get; } = new(50265, 12, 768, 12, 514);

    /// <summary>Numbers of a block.</summary>
    public BlockSettings Block => new(Width, Heads, 4 * Width, MaxLength) { Gelu = true, Dropout = Dropout, AttentionDropout = Dropout };
}

/// <summary>
/// RoBERTa for masked language modelling: embeddings with LayerNorm, post-norm blocks with noncausal self attention and GELU, and a head (dense, GELU,
/// LayerNorm) whose output weights are tied to the embedding. Tokens <c>[B, N]</c> and chosen positions <c>[S]</c> to logits <c>[S, V]</c>.
/// </summary>
/// <remarks>Liu et al., arXiv:1907.11692; weights N(0, 0.02), biases 0; an attention layer keeps its own initialisation.</remarks>
public sealed class RobertaModel : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Embedding tokens;
    private readonly Embedding positions;
    private readonly LayerNorm embeddingNorm;
    private readonly SeededDropout dropout;
    private readonly ModuleList<TransformerBlock> blocks;
    private readonly Linear dense;
    private readonly LayerNorm headNorm;
    private readonly Parameter bias;

    /// <summary>Builds the model; weights are drawn from torch's generator.</summary>
    public RobertaModel(RobertaSettings settings, BackboneAttention attention)
        : base("roberta")
    {
        tokens = nn.Embedding(settings.Vocabulary, settings.Width);
        positions = nn.Embedding(settings.MaxLength, settings.Width);
        embeddingNorm = nn.LayerNorm(settings.Width);
        dropout = new SeededDropout(settings.Dropout);
        blocks = new ModuleList<TransformerBlock>([.. Enumerable.Range(0, settings.Layers).Select(layer => new TransformerBlock(
            settings.Block, attention.Build(AttentionPattern.NoncausalSelf, settings.Block.Attention(layer, settings.Layers))))]);
        dense = nn.Linear(settings.Width, settings.Width);
        headNorm = nn.LayerNorm(settings.Width);
        bias = new Parameter(zeros(settings.Vocabulary));
        foreach (var weight in new[] { tokens.weight!, positions.weight!, dense.weight! })
        {
            nn.init.normal_(weight, 0, 0.02);
        }

        nn.init.zeros_(dense.bias!);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input, Tensor chosen)
    {
        using var scope = NewDisposeScope();
        var hidden = tokens.forward(input) + positions.forward(arange(input.shape[1], device: input.device));
        hidden = dropout.forward(embeddingNorm.forward(hidden));
        foreach (var block in blocks)
        {
            hidden = block.forward(new BlockInputs(hidden));
        }

        // The head is needed at masked positions only, which are a seventh of all.
        var asked = hidden.flatten(0, 1).index_select(0, chosen);                                // [S, E]
        asked = headNorm.forward(nn.functional.gelu(dense.forward(asked)));
        return (asked.matmul(tokens.weight!.t()) + bias).MoveToOuterDisposeScope();
    }
}
