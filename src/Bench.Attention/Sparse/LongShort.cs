using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Long-short attention, noncausal: one softmax over r landmarks of the whole sequence and the keys of the query's extended tile.
/// O(N·(r + w)·E) time, O(N·(r + w)) memory; a whole layer with its own projections and normalisation.
/// </summary>
/// <remarks>Zhu et al., "Long-Short Transformer", arXiv:2107.02192, sections 3.2 to 3.4.</remarks>
[Attention("long-short/tiled", AttentionPattern.NoncausalSelf,
    Title = "Long-short attention (Transformer-LS)", Paper = "arXiv:2107.02192", Time = "O(N·(r + w)·D)", Memory = "O(N·(r + w))", Reference = true)]
public sealed class LongShort : AttentionLayer
{
    private readonly LongShortOptions _options;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly Linear _scores;
    private readonly LayerNorm _longNorm;
    private readonly LayerNorm _shortNorm;

    /// <summary>Linear layers start as torch's default.</summary>
    /// <exception cref="ArgumentException">The convolution has an even number of taps.</exception>
    public LongShort(AttentionSettings settings, LongShortOptions options)
        : base(settings)
    {
        _options = options;
        var model = settings.ModelSize;
        register_module("W_q", _query = nn.Linear(model, model));
        register_module("W_k", _key = nn.Linear(model, model));
        register_module("W_v", _value = nn.Linear(model, model));
        register_module("W_o", _output = nn.Linear(model, model));
        register_module("dual_ln_s", _longNorm = nn.LayerNorm(model));
        register_module("dual_ln_l", _shortNorm = nn.LayerNorm(model));
        register_module("dconv_fc", _scores = nn.Linear(model, settings.Heads * options.Landmarks));
        if (options.ConvKernel == 0)
        {
            return;
        }

        if (options.ConvKernel % 2 == 0)
        {
            throw new ArgumentException($"Option 'convKernel' is {options.ConvKernel}; an even kernel would shift the sequence. Take an odd one.");
        }

        register_parameter("conv_weight", new Parameter(zeros(settings.Heads, 1, options.ConvKernel, 1)));
    }

    private int Reach => Math.Max(_options.Window / 2, 1);

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var hidden = inputs.Hidden;
        var mask = inputs.KeyMask ?? ones([hidden.shape[0], hidden.shape[1]], ScalarType.Bool, hidden.device);
        Tensor? first = null;
        if (_options.ClassToken)
        {
            first = hidden.narrow(1, 0, 1);                                                       // [B, 1, E]
            (hidden, mask) = (hidden.narrow(1, 1, hidden.shape[1] - 1), mask.narrow(1, 1, mask.shape[1] - 1));
        }

        var heads = hidden.shape[1] == 0 ? null : Tiles(hidden, mask, first);                     // [B, H, N, D]
        if (first is not null)
        {
            heads = heads is null ? Heads(_value.forward(first)) : cat([Summary(first, heads, mask), heads], 2);
        }

        return _output.forward(heads!.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();      // [B, N, E]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, e = Settings.ModelSize, r = _options.Landmarks, strip = _options.Window + 2 * Reach;
        return new AttentionCost(
            shape.Batch * n * (8 * e * e + 2 * e * Settings.Heads * r + 4 * e * r + 4 * e * (r + strip) + 5 * Settings.Heads * (2 * r + strip) + 2 * e * _options.ConvKernel),
            shape.Batch * 2 * n * e + 4 * e * e,
            shape.Batch * n * (6 * e + Settings.Heads * (2 * r + 2 * strip)));
    }

    private Tensor Tiles(Tensor hidden, Tensor mask, Tensor? first)
    {
        var (length, tile, reach) = (hidden.shape[1], _options.Window, Reach);
        var tiles = (length + tile - 1) / tile;
        var after = tiles * tile - length;
        var query = Heads(_query.forward(hidden)) / Math.Sqrt(Settings.HeadSize);                 // [B, H, N, D]
        var key = Heads(_shortNorm.forward(_key.forward(hidden)));
        var value = Heads(_shortNorm.forward(_value.forward(hidden)));

        var visible = mask.unsqueeze(1).unsqueeze(1);                                             // [B, 1, 1, N]
        var shares = MaskedSoftmax.Of(_scores.forward(hidden).unflatten(2, [Settings.Heads, _options.Landmarks]).permute(0, 2, 3, 1), visible);
        var (farKeys, farValues) = (Landmarks(shares.matmul(key), first, _key), Landmarks(shares.matmul(value), first, _value)); // [B, H, r, D]

        var queries = nn.functional.pad(query, [0, 0, 0, after]).unflatten(2, [tiles, tile]);     // [B, H, t, w, D]
        Tensor Strips(Tensor rows) => nn.functional.pad(rows, [0, 0, reach, after + reach]).unfold(2, tile + 2 * reach, tile);

        var near = queries.matmul(Strips(key));                                                   // [B, H, t, w, s]
        var far = queries.matmul(farKeys.unsqueeze(2).transpose(-2, -1));                         // [B, H, t, w, r]
        var nearVisible = nn.functional.pad(mask, [reach, after + reach]).unfold(1, tile + 2 * reach, tile).unsqueeze(1).unsqueeze(3);
        var landmarks = far.shape[^1];
        var weights = MaskedSoftmax.Of(
            cat([far, near], -1),
            nn.functional.pad(nearVisible, [landmarks, 0], value: 1));                            // [B, H, t, w, r + s]
        weights = weights.masked_fill(nn.functional.pad(mask, [0, after]).logical_not().view(-1, 1, tiles, tile, 1), 0);
        var output = weights.narrow(-1, 0, landmarks).matmul(farValues.unsqueeze(2))
            + weights.narrow(-1, landmarks, weights.shape[^1] - landmarks).matmul(Strips(value).transpose(-2, -1));
        output = output.flatten(2, 3).narrow(2, 0, length);                                       // [B, H, N, D]
        return _options.ConvKernel == 0 ? output : output + nn.functional.conv2d(
            value * mask.to(value.dtype)[.., TensorIndex.None, .., TensorIndex.None],
            get_parameter("conv_weight")!, padding: [_options.ConvKernel / 2, 0], groups: Settings.Heads);
    }

    /// <summary>Normalised landmarks, the class token's own row first where there is one.</summary>
    private Tensor Landmarks(Tensor compressed, Tensor? first, Linear projection)
    {
        var rows = first is null ? compressed : cat([Heads(projection.forward(first)), compressed], 2);
        return Heads(_longNorm.forward(rows.transpose(1, 2).flatten(2)));
    }

    /// <summary>The class token's output: attention over itself and the outputs of all real tokens, <c>[B, H, 1, D]</c>.</summary>
    private Tensor Summary(Tensor first, Tensor outputs, Tensor mask)
    {
        var query = Heads(_query.forward(first)) / Math.Sqrt(Settings.HeadSize);
        var rows = cat([Heads(_value.forward(first)), outputs], 2);
        var keys = cat([Heads(_key.forward(first)), outputs], 2);
        var visible = nn.functional.pad(mask, [1, 0], value: 1).unsqueeze(1).unsqueeze(1);
        return MaskedSoftmax.Of(query.matmul(keys.transpose(-2, -1)), visible).matmul(rows);
    }

    private Tensor Heads(Tensor rows) => rows.unflatten(2, [Settings.Heads, -1]).transpose(1, 2);
}
