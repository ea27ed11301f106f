using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Series;

/// <summary>Sizes of an <see cref="Informer"/>; the defaults are the published ones.</summary>
/// <param name="Channels">C: variables that are read and forecast.</param>
/// <param name="Features">F: numbers that describe a moment, such as the hour.</param>
/// <param name="Inputs">S: steps that the encoder reads.</param>
/// <param name="Label">L: of them, how many last ones start the decoder.</param>
/// <param name="Horizon">P: steps to forecast.</param>
public sealed record InformerSizes(int Channels, int Features, int Inputs, int Label, int Horizon)
{
    /// <summary>H.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>D.</summary>
    public int HeadSize { get; init; } = 64;

    /// <summary>Layers of the encoder; between two of them the sequence is halved.</summary>
    public int EncoderLayers { get; init; } = 2;

    /// <summary>Layers of the decoder.</summary>
    public int DecoderLayers { get; init; } = 1;

    /// <summary>Width of the position-wise network.</summary>
    public int Hidden { get; init; } = 2048;

    /// <summary>Dropout.</summary>
    public double Dropout { get; init; } = 0.05;

    /// <summary>E = H·D.</summary>
    public int Width => Heads * HeadSize;

    /// <summary>Steps of the decoder: L + P.</summary>
    public int Outputs => Label + Horizon;

    /// <summary>Steps that reach encoder layer <paramref name="layer"/>; one past the last gives what the decoder's cross attention reads.</summary>
    public int InputsAt(int layer)
    {
        var steps = Inputs;
        for (var i = 0; i < Math.Min(layer, EncoderLayers - 1); i++)
        {
            steps = (steps + 1) / 2;
        }

        return steps;
    }
}

/// <summary>
/// Informer: an encoder with self attention that halves the sequence between its layers, and a decoder that forecasts all steps in one pass from the last
/// known ones. Series <c>[B, S, C]</c> to forecasts <c>[B, P, C]</c>.
/// </summary>
/// <remarks>
/// Zhou et al., "Informer: Beyond Efficient Transformer for Long Sequence Time-Series Forecasting", arXiv:2012.07436. The decoder's causal self attention is
/// softmax unless it is what a cell tests. Attention layers keep the initialisation of <c>ProjectedAttention</c>.
/// </remarks>
public sealed class Informer : nn.Module
{
    private readonly InformerSizes _sizes;
    private readonly SeriesEmbedding source;
    private readonly SeriesEmbedding target;
    private readonly ModuleList<InformerEncoderLayer> encoder;
    private readonly ModuleList<InformerDistillation> halving;
    private readonly ModuleList<InformerDecoderLayer> decoder;
    private readonly LayerNorm encoderNorm;
    private readonly LayerNorm decoderNorm;
    private readonly Linear projection;
    private readonly SeededDropout _dropout;

    /// <summary>Builds the model around the attention.</summary>
    public Informer(InformerSizes sizes, BackboneAttention attention)
        : base("informer")
    {
        _sizes = sizes;
        _dropout = new SeededDropout(sizes.Dropout);
        source = new SeriesEmbedding(sizes, _dropout);
        target = new SeriesEmbedding(sizes, _dropout);
        encoder = nn.ModuleList(Enumerable.Range(0, sizes.EncoderLayers).Select(layer => new InformerEncoderLayer(
            sizes, Build(attention, EncoderPlace(sizes, layer)), _dropout)).ToArray());
        halving = nn.ModuleList(Enumerable.Range(1, sizes.EncoderLayers - 1).Select(_ => new InformerDistillation(sizes.Width)).ToArray());
        decoder = nn.ModuleList(Enumerable.Range(0, sizes.DecoderLayers).Select(layer => new InformerDecoderLayer(
            sizes,
            Build(attention, DecoderPlace(sizes, AttentionPattern.CausalSelf, layer)),
            Build(attention, DecoderPlace(sizes, AttentionPattern.NoncausalCross, layer)),
            _dropout)).ToArray());
        encoderNorm = nn.LayerNorm(sizes.Width);
        decoderNorm = nn.LayerNorm(sizes.Width);
        projection = nn.Linear(sizes.Width, sizes.Channels);
        RegisterComponents();
    }

    /// <summary>Gives dropout, and mechanisms that draw random numbers, a seed for what comes next.</summary>
    public void Reseed(long seed)
    {
        manual_seed(seed);
        _dropout.Reseed(seed);
    }

    /// <summary>Forecasts.</summary>
    /// <param name="known">The last S steps, <c>[B, S, C]</c>, standardised.</param>
    /// <param name="knownTimes">Their moments, <c>[B, S, F]</c>.</param>
    /// <param name="futureTimes">Moments of the P steps to forecast, <c>[B, P, F]</c>.</param>
    /// <returns><c>[B, P, C]</c>.</returns>
    public Tensor forward(Tensor known, Tensor knownTimes, Tensor futureTimes)
    {
        using var scope = NewDisposeScope();
        var hidden = source.forward(known, knownTimes);                                             // [B, S, E]
        for (var i = 0; i < encoder.Count; i++)
        {
            hidden = encoder[i].forward(hidden);
            if (i < halving.Count)
            {
                hidden = halving[i].forward(hidden);                                                // [B, ⌈S/2⌉, E]
            }
        }

        var context = encoderNorm.forward(hidden);                                                  // [B, M, E]
        var start = known.narrow(1, _sizes.Inputs - _sizes.Label, _sizes.Label);                    // [B, L, C]
        var blank = zeros([known.shape[0], _sizes.Horizon, _sizes.Channels], dtype: known.dtype, device: known.device);
        var times = cat([knownTimes.narrow(1, _sizes.Inputs - _sizes.Label, _sizes.Label), futureTimes], 1);
        var stream = target.forward(cat([start, blank], 1), times);                                 // [B, L + P, E]
        foreach (var layer in decoder)
        {
            stream = layer.forward(stream, context);
        }

        return projection.forward(decoderNorm.forward(stream)).narrow(1, _sizes.Label, _sizes.Horizon).MoveToOuterDisposeScope();
    }

    /// <summary>Every place of an attention layer, with the shape that it sees.</summary>
    /// <param name="sizes">Sizes of the model.</param>
    /// <param name="batch">B.</param>
    public static IEnumerable<LayerPlace> Places(InformerSizes sizes, int batch)
    {
        LayerPlace Place(AttentionSettings settings, int length, int source) =>
            new(settings, new AttentionShape(settings.Pattern, batch, sizes.Heads, length, source, sizes.HeadSize, sizes.HeadSize));
        var context = sizes.InputsAt(sizes.EncoderLayers);
        return Enumerable.Range(0, sizes.EncoderLayers).Select(layer => Place(EncoderPlace(sizes, layer), sizes.InputsAt(layer), sizes.InputsAt(layer)))
            .Concat(Enumerable.Range(0, sizes.DecoderLayers).SelectMany(layer => new[]
            {
                Place(DecoderPlace(sizes, AttentionPattern.CausalSelf, layer), sizes.Outputs, sizes.Outputs),
                Place(DecoderPlace(sizes, AttentionPattern.NoncausalCross, layer), sizes.Outputs, context),
            }));
    }

    private static AttentionLayer? Build(BackboneAttention attention, AttentionSettings settings) => attention.Build(settings.Pattern, settings);

    private static AttentionSettings EncoderPlace(InformerSizes sizes, int layer) => new(AttentionPattern.NoncausalSelf, sizes.Heads, sizes.HeadSize)
    {
        MaxLength = sizes.InputsAt(layer),
        Layer = layer,
        Depth = sizes.EncoderLayers,
        Dropout = sizes.Dropout,
    };

    private static AttentionSettings DecoderPlace(InformerSizes sizes, AttentionPattern pattern, int layer) => new(pattern, sizes.Heads, sizes.HeadSize)
    {
        MaxLength = pattern.IsCross ? Math.Max(sizes.Outputs, sizes.InputsAt(sizes.EncoderLayers)) : sizes.Outputs,
        Layer = layer,
        Depth = sizes.DecoderLayers,
        Dropout = sizes.Dropout,
    };
}
