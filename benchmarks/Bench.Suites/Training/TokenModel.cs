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
/// <param name="Cross">Whether queries come from a target sequence and keys from a source.</param>
public sealed record TokenModelSizes(int Vocabulary, int Width, int MaxLength, bool Positions, double EmbeddingDropout, bool Cross = false);

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
    private readonly SeededDropout _dropout;
    private readonly List<Block> _blocks = [];
    private readonly List<Block> _sourceBlocks = [];
    private readonly LayerNorm _final;
    private readonly LayerNorm? _sourceFinal;

    /// <summary>Builds the model around its mixers; it owns them.</summary>
    public TokenModel(TokenModelSizes sizes, IReadOnlyList<nn.Module<Tensor, Tensor>> mixers)
        : base("model")
    {
        _tokens = nn.Embedding(sizes.Vocabulary, sizes.Width);
        _positions = sizes.Positions ? nn.Embedding(sizes.MaxLength, sizes.Width) : null;
        _dropout = new SeededDropout(sizes.EmbeddingDropout);
        _final = nn.LayerNorm(sizes.Width);
        _sourceFinal = sizes.Cross ? nn.LayerNorm(sizes.Width) : null;
        foreach (var mixer in mixers)
        {
            _blocks.Add(new Block(nn.LayerNorm(sizes.Width), mixer, nn.LayerNorm(sizes.Width)));
            if (sizes.Cross && mixer is ShortConvolutionMixer)
            {
                // The source passes the convolutions too: a value must know the key before it.
                _sourceBlocks.Add(new Block(nn.LayerNorm(sizes.Width), new ShortConvolutionMixer(sizes.Width), nn.LayerNorm(sizes.Width)));
            }
        }

        RegisterComponents();
        Register("block", _blocks);
        Register("source", _sourceBlocks);
        Initialise(mixers.Count);
    }

    /// <summary>The mixers in order.</summary>
    public IEnumerable<nn.Module<Tensor, Tensor>> Mixers => _blocks.Select(block => block.Mixer);

    /// <summary>Gives dropout, and mechanisms that draw random numbers, a seed for what comes next.</summary>
    public void Reseed(long seed)
    {
        manual_seed(seed);
        _dropout.Reseed(seed);
    }

    /// <summary>Hidden states after the final LayerNorm: <c>[B, N, E]</c>.</summary>
    public override Tensor forward(Tensor tokens) => Hidden(tokens, null, null, null);

    /// <summary>Logits <c>[S, V]</c> at chosen positions.</summary>
    /// <param name="tokens">Tokens <c>[B, N]</c>.</param>
    /// <param name="positions">Positions <c>[S]</c> of the flattened tokens.</param>
    /// <param name="source">Tokens <c>[B, M]</c> of the source, for cross patterns.</param>
    public Tensor Logits(Tensor tokens, Tensor positions, Tensor? source = null)
    {
        using var scope = NewDisposeScope();
        return Hidden(tokens, positions, source, null).matmul(_tokens.weight!.t()).MoveToOuterDisposeScope();
    }

    /// <summary>Runs the model and shows what enters each attention layer.</summary>
    /// <param name="tokens">Tokens <c>[B, N]</c>.</param>
    /// <param name="source">Tokens <c>[B, M]</c> of the source, or null.</param>
    /// <param name="see">Receives the layer's number among all mixers, the layer, and its inputs.</param>
    public void Watch(Tensor tokens, Tensor? source, Action<int, AttentionLayer, LayerInputs> see)
    {
        using var scope = NewDisposeScope();
        Hidden(tokens, null, source, see);
    }

    /// <summary>All positions <c>[B, N, E]</c>, or the chosen ones <c>[S, E]</c>: what comes after the last mixer is done for those only.</summary>
    private Tensor Hidden(Tensor tokens, Tensor? positions, Tensor? source, Action<int, AttentionLayer, LayerInputs>? see)
    {
        using var scope = NewDisposeScope();
        var context = source is null ? null : Context(source);                                  // [B, M, E]
        var hidden = Embed(tokens);                                                             // [B, N, E]
        Tensor? stream = null;
        for (var i = 0; i < _blocks.Count; i++)
        {
            var block = _blocks[i];
            stream = stream is null ? hidden : stream + hidden;
            var normed = block.Before.forward(stream);
            if (block.Mixer is AttentionMixer mixer)
            {
                var inputs = new LayerInputs(normed) { Context = context };
                see?.Invoke(i, mixer.Attention, inputs);
                stream = stream + mixer.Attention.forward(inputs);
            }
            else
            {
                stream = stream + block.Mixer.forward(normed);
            }

            if (positions is not null && i == _blocks.Count - 1)
            {
                stream = stream.flatten(0, 1).index_select(0, positions);                       // [S, E]
            }

            hidden = block.After.forward(stream);
        }

        return _final.forward(stream! + hidden).MoveToOuterDisposeScope();
    }

    private Tensor Context(Tensor source)
    {
        var hidden = Embed(source);
        Tensor? stream = null;
        foreach (var block in _sourceBlocks)
        {
            stream = stream is null ? hidden : stream + hidden;
            stream = stream + block.Mixer.forward(block.Before.forward(stream));
            hidden = block.After.forward(stream);
        }

        return (_sourceFinal ?? throw new ArgumentException("A model of a self pattern takes no source.", nameof(source)))
            .forward(stream is null ? hidden : stream + hidden);
    }

    private Tensor Embed(Tensor tokens)
    {
        var hidden = _tokens.forward(tokens);
        return _dropout.forward(_positions is null ? hidden : hidden + _positions.forward(arange(tokens.shape[1], device: tokens.device)));
    }

    private void Register(string name, List<Block> blocks)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            register_module($"{name}{i}_before", blocks[i].Before);
            register_module($"{name}{i}_mixer", blocks[i].Mixer);
            register_module($"{name}{i}_after", blocks[i].After);
        }
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

    private sealed record Block(LayerNorm Before, nn.Module<Tensor, Tensor> Mixer, LayerNorm After);
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
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Builds the mixer for hidden states of this width; its kernel is drawn as torch's convolution draws it.</summary>
    public ShortConvolutionMixer(int width)
        : base("mixer")
    {
        StateSize = (long)width * KernelSize;
        projection = nn.Linear(width, width);
        var bound = 1 / Math.Sqrt(KernelSize);
        weight = new Parameter((rand(KernelSize, width) * 2 - 1) * bound);
        bias = new Parameter((rand(width) * 2 - 1) * bound);
        RegisterComponents();
    }

    /// <summary>Numbers kept per sequence while decoding: the newest tokens under the kernel.</summary>
    public long StateSize { get; }

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var length = hidden.shape[1];
        // Three shifted products: three times as fast as a grouped convolution and its gradient on a CPU.
        var padded = nn.functional.pad(hidden, [0, 0, KernelSize - 1, 0]);                       // [B, 2 + N, E]
        var filtered = (padded.narrow(1, 0, length) * weight[0]) + bias;                         // [B, N, E]
        for (var j = 1; j < KernelSize; j++)
        {
            filtered = filtered + (padded.narrow(1, j, length) * weight[j]);
        }

        return (filtered * projection.forward(hidden) + hidden).MoveToOuterDisposeScope();
    }
}
