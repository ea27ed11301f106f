using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>
/// From tokens or pixels <c>[B, N]</c> to one vector each, <c>[B, E]</c>: embedding N(0, 1) or a linear map of the pixel, a class vector in front
/// (initially 0) where the pooling wants one, positions, dropout, blocks, final LayerNorm, pooling.
/// </summary>
/// <remarks>Tay et al., arXiv:2011.04006, and Gu et al., arXiv:2111.00396.</remarks>
public sealed class SequenceEncoder : nn.Module<Tensor, Tensor, Tensor>
{
    private const float PixelScale = 255;
    private readonly LraConfig _config;
    private readonly Embedding? _tokens;
    private readonly Linear? _pixels;
    private readonly Parameter? _class;
    private readonly Embedding? _learned;
    private readonly Tensor? _sines;
    private readonly SeededDropout _dropout;
    private readonly List<EncoderBlock> _blocks = [];
    private readonly SequenceNorm? _final;

    /// <summary>Builds the encoder; attention layers are made one for each block.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="vocabulary">V: ids of tokens, padding included.</param>
    /// <param name="length">Tokens of a row.</param>
    /// <param name="layer">The attention layer of a block, by its number.</param>
    public SequenceEncoder(LraConfig config, int vocabulary, int length, Func<int, AttentionLayer> layer)
        : base("encoder")
    {
        _config = config;
        var places = length + (config.Pooling == Pooling.Class ? 1 : 0);
        if (config.LinearInput)
        {
            _pixels = nn.Linear(1, config.Width);
        }
        else
        {
            _tokens = nn.Embedding(vocabulary, config.Width);
        }

        _class = config.Pooling == Pooling.Class ? new Parameter(zeros(config.Width)) : null;
        if (config.Positions == PositionKind.Learned)
        {
            _learned = nn.Embedding(places, config.Width);
            nn.init.normal_(_learned.weight!, 0, 0.02);
        }
        else if (config.Positions == PositionKind.Sinusoidal)
        {
            _sines = Sines(places, config.Width);
        }

        _dropout = new SeededDropout(config.Dropout);
        for (var i = 0; i < config.Layers; i++)
        {
            EncoderBlock block = config.Encoder == EncoderKind.Transformer
                ? new TransformerBlock(layer(i), config.Width, config.Mlp, config.Dropout)
                : new MixerBlock(layer(i), config.Width, config.Dropout, config.Norm);
            _blocks.Add(block);
            register_module($"block{i}", block);
        }

        // A post-norm block has just normalised its output.
        var norms = config.Encoder == EncoderKind.Transformer || config.Norm is NormKind.PreBatch or NormKind.PreLayer;
        _final = norms ? new SequenceNorm(config.Width, overBatch: config.Encoder == EncoderKind.Mixer && config.Norm == NormKind.PreBatch) : null;
        RegisterComponents();
    }

    /// <summary>Gives all dropouts a seed for what comes next.</summary>
    public void Reseed(long seed)
    {
        _dropout.Reseed(seed);
        for (var i = 0; i < _blocks.Count; i++)
        {
            _blocks[i].Reseed(seed + (16 * (i + 1)));
        }
    }

    /// <summary>One vector for each row, <c>[B, E]</c>.</summary>
    /// <param name="tokens">Ids or grey levels <c>[B, N]</c>, int64; every row has at least one that is shown.</param>
    /// <param name="lengths">Real tokens of each row <c>[B]</c>, int64.</param>
    public override Tensor forward(Tensor tokens, Tensor lengths)
    {
        using var scope = NewDisposeScope();
        var length = tokens.shape[1];
        var real = arange(length, device: tokens.device).unsqueeze(0) < lengths.unsqueeze(1);                   // [B, N]
        var shown = _config.HidesZeros ? tokens > 0 : real;
        var hidden = Embed(tokens);                                                                             // [B, N, E]
        if (_class is not null)
        {
            hidden = cat([_class.expand(tokens.shape[0], 1, _config.Width), hidden], 1);                        // [B, 1 + N, E]
            shown = cat([ones(tokens.shape[0], 1, ScalarType.Bool, tokens.device), shown], 1);
        }

        if (_learned is not null)
        {
            hidden = hidden + _learned.weight!.narrow(0, 0, hidden.shape[1]);
        }
        else if (_sines is not null)
        {
            hidden = hidden + _sines.narrow(0, 0, hidden.shape[1]);
        }

        hidden = _dropout.forward(hidden);
        // Without a mask, fused kernels take their fastest way.
        var mask = shown.all().item<bool>() ? null : shown;
        foreach (var block in _blocks)
        {
            hidden = block.forward(hidden, mask);
        }

        hidden = _final?.forward(hidden) ?? hidden;
        return Pool(hidden, real).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Tensor tokens) => _pixels is null
        ? _tokens!.forward(tokens)
        : _pixels.forward((tokens.to(_pixels.weight!.dtype) / PixelScale).unsqueeze(-1));

    private Tensor Pool(Tensor hidden, Tensor real)
    {
        if (_class is not null)
        {
            return hidden.select(1, 0);
        }

        if (_config.PoolsPadding)
        {
            return hidden.mean([1]);
        }

        var weights = real.to(hidden.dtype).unsqueeze(-1);                                                      // [B, N, 1]
        return (hidden * weights).sum(1) / weights.sum(1);
    }

    /// <summary>sin and cos of place · 10000^(−2i/E), interleaved: <c>[places, E]</c>.</summary>
    private static Tensor Sines(int places, int width)
    {
        using var scope = NewDisposeScope();
        var angle = arange(places, ScalarType.Float32).unsqueeze(1) * exp(arange(0, width, 2, ScalarType.Float32) * (-Math.Log(10_000) / width));
        return stack([angle.sin(), angle.cos()], -1).flatten(1).narrow(1, 0, width).contiguous().MoveToOuterDisposeScope();
    }
}
