using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>Numbers of a <see cref="GptModel"/>.</summary>
/// <param name="Vocabulary">V.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Width">E.</param>
/// <param name="Heads">H.</param>
/// <param name="MaxLength">Longest sequence.</param>
public sealed record GptSettings(int Vocabulary, int Layers, int Width, int Heads, int MaxLength)
{
    /// <summary>Width inside the feed-forward networks.</summary>
    public int Inner => 4 * Width;

    /// <summary>Learned positions as in GPT-2; otherwise sinusoidal ones, as in CAB, which can be asked beyond the trained length.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Dropout; CAB trains without.</summary>
    public double Dropout { get; init; }

    /// <summary>GPT-2 small: 12 blocks, width 768, 12 heads, 50,257 tokens, 1,024 learned positions; 124,439,808 parameters.</summary>
    /// <remarks>Radford et al., "Language models are unsupervised multitask learners", 2019.</remarks>
    public static GptSettings Gpt2Small { get; } = new(50257, 12, 768, 12, 1024) { LearnedPositions = true };

    /// <summary>Numbers of a block.</summary>
    public BlockSettings Block => new(Width, Heads, Inner, MaxLength) { NormFirst = true, Gelu = true, Dropout = Dropout, AttentionDropout = Dropout };
}

/// <summary>
/// GPT-2: a decoder of pre-norm blocks with causal self attention and GELU, a last LayerNorm, and output weights tied to the embedding.
/// Tokens <c>[B, N]</c> to logits <c>[B, N, V]</c>.
/// </summary>
/// <remarks>
/// Radford et al., 2019; CAB trains it as fairseq's transformer_lm_gpt, with sinusoidal positions and embeddings scaled by √E. Initialised as there:
/// embeddings N(0, 1/E), other weights Xavier-uniform; with learned positions N(0, 0.02) embeddings without a scale.
/// </remarks>
public sealed class GptModel : nn.Module<Tensor, Tensor>
{
    private readonly GptSettings _settings;
    private readonly Embedding tokens;
    private readonly Embedding? positions;
    private readonly SeededDropout dropout;
    private readonly ModuleList<TransformerBlock> blocks;
    private readonly LayerNorm norm;

    /// <summary>Builds the model; weights are drawn from torch's generator.</summary>
    public GptModel(GptSettings settings, BackboneAttention attention)
        : base("gpt")
    {
        _settings = settings;
        tokens = nn.Embedding(settings.Vocabulary, settings.Width);
        nn.init.normal_(tokens.weight!, 0, settings.LearnedPositions ? 0.02 : 1 / Math.Sqrt(settings.Width));
        if (settings.LearnedPositions)
        {
            positions = nn.Embedding(settings.MaxLength, settings.Width);
            nn.init.normal_(positions.weight!, 0, 0.02);
        }

        dropout = new SeededDropout(settings.Dropout);
        blocks = new ModuleList<TransformerBlock>([.. Enumerable.Range(0, settings.Layers).Select(layer => new TransformerBlock(
            settings.Block, attention.Build(AttentionPattern.CausalSelf, settings.Block.Attention(layer, settings.Layers))))]);
        norm = nn.LayerNorm(settings.Width);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var length = input.shape[1];
        var hidden = tokens.forward(input);
        hidden = positions is null
            ? (hidden * Math.Sqrt(_settings.Width)) + Sinusoids.Of(length, _settings.Width, dtype: hidden.dtype, device: hidden.device)
            : hidden + positions.forward(arange(length, device: input.device));
        hidden = dropout.forward(hidden);
        foreach (var block in blocks)
        {
            hidden = block.forward(new BlockInputs(hidden));
        }

        return norm.forward(hidden).matmul(tokens.weight!.t()).MoveToOuterDisposeScope();
    }
}
