using Bench.Attention;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Sizes of a <see cref="TokenModel"/>.</summary>
/// <param name="Vocabulary">V.</param>
/// <param name="Width">E = H·D.</param>
/// <param name="MaxLength">Longest sequence.</param>
/// <param name="Positions">Whether a learned position embedding is added: only where no mixer knows positions by itself.</param>
/// <param name="EmbeddingDropout">Dropout on the embedding.</param>
public sealed record TokenModelSizes(int Vocabulary, int Width, int MaxLength, bool Positions, double EmbeddingDropout);

/// <summary>
/// The small language model of the recall suites: token embedding tied with the output, blocks of LayerNorm and sequence mixer, each
/// followed by a LayerNorm and an identity state mixer, a final LayerNorm. <c>[B, N]</c> tokens to logits at chosen positions.
/// </summary>
/// <remarks>
/// The model of Arora et al., "Zoology", arXiv:2312.04927: with the identity as state mixer a block adds a normalised copy of the stream, and
/// that order is kept. Weights are N(0, 0.02), output projections N(0, 0.02/√(2·layers)), biases 0.
/// </remarks>
public sealed class TokenModel : nn.Module<Tensor, Tensor>
{
    private readonly Embedding _tokens;
    private readonly Embedding? _positions;
    private readonly Dropout _dropout;
    private readonly List<(LayerNorm Before, nn.Module<Tensor, Tensor> Mixer, LayerNorm After)> _blocks = [];
    private readonly LayerNorm _final;

    /// <summary>Builds the model around its mixers; it owns them.</summary>
    public TokenModel(TokenModelSizes sizes, IReadOnlyList<nn.Module<Tensor, Tensor>> mixers)
        : base("model")
    {
        _tokens = nn.Embedding(sizes.Vocabulary, sizes.Width);
        _positions = sizes.Positions ? nn.Embedding(sizes.MaxLength, sizes.Width) : null;
        _dropout = nn.Dropout(sizes.EmbeddingDropout);
        _final = nn.LayerNorm(sizes.Width);
        foreach (var mixer in mixers)
        {
            _blocks.Add((nn.LayerNorm(sizes.Width), mixer, nn.LayerNorm(sizes.Width)));
        }

        RegisterComponents();
        for (var i = 0; i < _blocks.Count; i++)
        {
            register_module($"block{i}_before", _blocks[i].Before);
            register_module($"block{i}_mixer", _blocks[i].Mixer);
            register_module($"block{i}_after", _blocks[i].After);
        }

        Initialise(mixers.Count);
    }

    /// <summary>Hidden states after the final LayerNorm: <c>[B, N, E]</c>.</summary>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var hidden = _tokens.forward(tokens); // [B, N, E]
        if (_positions is not null)
        {
            hidden = hidden + _positions.forward(arange(tokens.shape[1], device: tokens.device));
        }

        hidden = _dropout.forward(hidden);
        Tensor? stream = null;
        foreach (var (before, mixer, after) in _blocks)
        {
            stream = stream is null ? hidden : stream + hidden;
            stream = stream + mixer.forward(before.forward(stream));
            hidden = after.forward(stream);
        }

        return _final.forward(stream! + hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Logits <c>[S, V]</c> at the positions where <paramref name="scored"/> <c>[B, N]</c> is true, in row-major order.</summary>
    public Tensor Logits(Tensor tokens, Tensor scored)
    {
        using var scope = NewDisposeScope();
        var hidden = forward(tokens).flatten(0, 1); // [B·N, E]
        var positions = scored.flatten().nonzero().squeeze(1);
        return hidden.index_select(0, positions).matmul(_tokens.weight!.t()).MoveToOuterDisposeScope();
    }

    private void Initialise(int layers)
    {
        using var nograd = no_grad();
        foreach (var (name, module) in named_modules())
        {
            switch (module)
            {
                case Linear linear:
                    nn.init.normal_(linear.weight!, 0, name.EndsWith("out_proj", StringComparison.Ordinal) ? 0.02 / Math.Sqrt(2 * layers) : 0.02);
                    if (linear.bias is not null)
                    {
                        nn.init.zeros_(linear.bias);
                    }

                    break;
                case Embedding embedding:
                    nn.init.normal_(embedding.weight!, 0, 0.02);
                    break;
            }
        }
    }
}

/// <summary>Lets an attention layer stand as a mixer from hidden states to hidden states.</summary>
public sealed class AttentionMixer : nn.Module<Tensor, Tensor>
{
    private readonly AttentionLayer _attention;

    /// <summary>Wraps the layer; owns it.</summary>
    public AttentionMixer(AttentionLayer attention)
        : base("mixer")
    {
        _attention = attention;
        RegisterComponents();
    }

    /// <summary>The wrapped layer.</summary>
    public AttentionLayer Attention => _attention;

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden) => _attention.forward(new LayerInputs(hidden));
}

/// <summary>
/// Gated short convolution: <c>y = conv₃(u) ⊙ (W u + b) + u</c>, causal and depthwise. The first layer of the recall models, because a
/// mixer that looks up keys needs the token before each value.
/// </summary>
/// <remarks>BaseConv of Arora et al., arXiv:2312.04927 and arXiv:2402.18668.</remarks>
public sealed class ShortConvolutionMixer : nn.Module<Tensor, Tensor>
{
    private const int KernelSize = 3;
    private readonly Linear projection;
    private readonly Conv1d convolution;

    /// <summary>Builds the mixer for hidden states of this width.</summary>
    public ShortConvolutionMixer(int width)
        : base("mixer")
    {
        projection = nn.Linear(width, width);
        convolution = nn.Conv1d(width, width, KernelSize, padding: KernelSize - 1, groups: width);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var length = hidden.shape[1];
        var filtered = convolution.forward(hidden.transpose(1, 2)).narrow(2, 0, length).transpose(1, 2); // [B, N, E]
        return (filtered * projection.forward(hidden) + hidden).MoveToOuterDisposeScope();
    }
}
