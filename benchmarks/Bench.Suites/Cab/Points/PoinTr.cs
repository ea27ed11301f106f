using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Points;

/// <summary>Sizes of <see cref="PoinTr"/>; the defaults are the published ones for PCN: 2,048 points completed to 16,384.</summary>
public sealed record PoinTrSizes
{
    /// <summary>Points after the first reduction.</summary>
    public int Middle { get; init; } = 512;

    /// <summary>M: proxies, the tokens of the encoder.</summary>
    public int Proxies { get; init; } = 128;

    /// <summary>N: queries, the tokens of the decoder.</summary>
    public int Queries { get; init; } = 224;

    /// <summary>Points that each query unfolds into: a square number.</summary>
    public int PointsPerQuery { get; init; } = 64;

    /// <summary>H.</summary>
    public int Heads { get; init; } = 6;

    /// <summary>D.</summary>
    public int HeadSize { get; init; } = 64;

    /// <summary>Layers of the encoder.</summary>
    public int EncoderLayers { get; init; } = 6;

    /// <summary>Layers of the decoder.</summary>
    public int DecoderLayers { get; init; } = 8;

    /// <summary>First layers of both that also look at the 8 nearest neighbours in space.</summary>
    public int GeometryLayers { get; init; } = 1;

    /// <summary>Width of the description of the whole shape.</summary>
    public int Global { get; init; } = 1024;

    /// <summary>Width of the folding network.</summary>
    public int Folding { get; init; } = 256;

    /// <summary>E = H·D.</summary>
    public int Width => Heads * HeadSize;
}

/// <summary>
/// PoinTr: completes a point cloud as a translation from the proxies of what is seen to those of what is missing. An encoder attends among proxies, a decoder
/// from queries at predicted coarse points to them, and a folding network unfolds every query into points.
/// </summary>
/// <remarks>
/// Yu et al., "PoinTr: Diverse Point Cloud Completion with Geometry-Aware Transformers", arXiv:2108.08839. Maps that the published layers allocate and never
/// use (geometry outside the first layers) are left out: they are not part of the published count either.
/// </remarks>
public sealed class PoinTr : nn.Module
{
    private const int Neighbours = 8;
    private readonly PoinTrSizes _sizes;
    private readonly PointProxies grouping;
    private readonly PointwiseNetwork positions;
    private readonly PointwiseNetwork inputs;
    private readonly ModuleList<PoinTrEncoderLayer> encoder;
    private readonly ModuleList<PoinTrDecoderLayer> decoder;
    private readonly PointwiseNetwork whole;
    private readonly Linear coarse1;
    private readonly Linear coarse2;
    private readonly ModuleList<Linear> queries;
    private readonly PointwiseNetwork wholeAgain;
    private readonly Linear merge;
    private readonly FoldingHead folding;

    /// <summary>Builds the model around the attention.</summary>
    public PoinTr(PoinTrSizes sizes, BackboneAttention attention)
        : base("pointr")
    {
        _sizes = sizes;
        var (width, global) = (sizes.Width, sizes.Global);
        grouping = new PointProxies(sizes.Middle, sizes.Proxies);
        positions = new PointwiseNetwork(3, 128, width);
        inputs = new PointwiseNetwork(PointProxies.Features, width, width);
        encoder = nn.ModuleList(Enumerable.Range(0, sizes.EncoderLayers).Select(layer => new PoinTrEncoderLayer(
            width, Build(attention, Place(sizes, AttentionPattern.NoncausalSelf, layer, encoder: true)), layer < sizes.GeometryLayers)).ToArray());
        decoder = nn.ModuleList(Enumerable.Range(0, sizes.DecoderLayers).Select(layer => new PoinTrDecoderLayer(
            width, Build(attention, Place(sizes, AttentionPattern.NoncausalSelf, layer, encoder: false)),
            Build(attention, Place(sizes, AttentionPattern.NoncausalCross, layer, encoder: false)),
            layer < sizes.GeometryLayers)).ToArray());
        whole = new PointwiseNetwork(width, global, global);
        (coarse1, coarse2) = (nn.Linear(global, global), nn.Linear(global, 3 * sizes.Queries));
        queries = nn.ModuleList(nn.Linear(global + 3, global), nn.Linear(global, global), nn.Linear(global, width));
        wholeAgain = new PointwiseNetwork(width, global, global);
        merge = nn.Linear(global + width + 3, width);
        folding = new FoldingHead(width, sizes.Folding, sizes.PointsPerQuery);
        RegisterComponents();
        PointwiseNetwork.Initialise(this);
    }

    /// <summary>Gives mechanisms that draw random numbers a seed for what comes next.</summary>
    public static void Reseed(long seed) => manual_seed(seed);

    /// <summary>Completes clouds.</summary>
    /// <param name="partial">What is seen, <c>[B, P, 3]</c>; P at least the points after the first reduction and the queries.</param>
    /// <returns>
    /// Coarse points <c>[B, 2N, 3]</c>, predicted and chosen from what is seen, and all points <c>[B, N·points + P, 3]</c>, unfolded and seen.
    /// </returns>
    public (Tensor Coarse, Tensor Fine) forward(Tensor partial)
    {
        using var scope = NewDisposeScope();
        var (centres, features) = grouping.forward(partial);                                        // [B, M, 3], [B, M, 128]
        var memory = Encode(centres, features);                                                     // [B, M, E]
        var global = whole.forward(memory).amax([1]);                                               // [B, G]
        var coarse = coarse2.forward(nn.functional.relu(coarse1.forward(global))).view(partial.shape[0], _sizes.Queries, 3);
        var stream = Decode(Ask(global, coarse), memory, coarse, centres);                          // [B, N, E]
        var shape = wholeAgain.forward(stream).amax([1]).unsqueeze(1).expand(-1, _sizes.Queries, -1);
        var rebuilt = folding.forward(merge.forward(cat([shape, stream, coarse], -1)), coarse);     // [B, N·points, 3]
        var seen = PointTensors.Gather(partial, PointTensors.Farthest(partial, _sizes.Queries)).squeeze(2);
        return (cat([coarse, seen], 1).MoveToOuterDisposeScope(), cat([rebuilt, partial], 1).MoveToOuterDisposeScope());
    }

    private Tensor Encode(Tensor centres, Tensor features)
    {
        var neighbours = PointTensors.Nearest(centres, centres, Neighbours);
        var place = positions.forward(centres);
        var hidden = inputs.forward(features);
        foreach (var layer in encoder)
        {
            hidden = layer.forward(hidden + place, neighbours);
        }

        return hidden;
    }

    private Tensor Ask(Tensor global, Tensor coarse)
    {
        var asked = cat([global.unsqueeze(1).expand(-1, _sizes.Queries, -1), coarse], -1);           // [B, N, G + 3]
        asked = nn.functional.leaky_relu(queries[0].forward(asked), 0.2);
        return queries[2].forward(nn.functional.leaky_relu(queries[1].forward(asked), 0.2));
    }

    private Tensor Decode(Tensor stream, Tensor memory, Tensor coarse, Tensor centres)
    {
        var (own, toProxies) = (PointTensors.Nearest(coarse, coarse, Neighbours), PointTensors.Nearest(coarse, centres, Neighbours));
        foreach (var layer in decoder)
        {
            stream = layer.forward(stream, memory, own, toProxies);
        }

        return stream;
    }

    /// <summary>Every place of an attention layer, with the shape that it sees.</summary>
    /// <param name="sizes">Sizes of the model.</param>
    /// <param name="batch">B.</param>
    public static IEnumerable<LayerPlace> Places(PoinTrSizes sizes, int batch)
    {
        LayerPlace Of(AttentionPattern pattern, int layer, bool encoder, int length, int source) =>
            new(Place(sizes, pattern, layer, encoder), new AttentionShape(pattern, batch, sizes.Heads, length, source, sizes.HeadSize, sizes.HeadSize));
        return Enumerable.Range(0, sizes.EncoderLayers).Select(layer => Of(AttentionPattern.NoncausalSelf, layer, true, sizes.Proxies, sizes.Proxies))
            .Concat(Enumerable.Range(0, sizes.DecoderLayers).SelectMany(layer => new[]
            {
                Of(AttentionPattern.NoncausalSelf, layer, false, sizes.Queries, sizes.Queries),
                Of(AttentionPattern.NoncausalCross, layer, false, sizes.Queries, sizes.Proxies),
            }));
    }

    private static AttentionLayer? Build(BackboneAttention attention, AttentionSettings settings) => attention.Build(settings.Pattern, settings);

    private static AttentionSettings Place(PoinTrSizes sizes, AttentionPattern pattern, int layer, bool encoder) => new(pattern, sizes.Heads, sizes.HeadSize)
    {
        MaxLength = encoder ? sizes.Proxies : pattern.IsCross ? Math.Max(sizes.Queries, sizes.Proxies) : sizes.Queries,
        Layer = layer,
        Depth = encoder ? sizes.EncoderLayers : sizes.DecoderLayers,
    };
}
