using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Points;

/// <summary>
/// Makes point proxies: four edge convolutions over the 16 nearest neighbours with two farthest-point reductions between them. <c>[B, N, 3]</c> to centres
/// <c>[B, M, 3]</c> and features <c>[B, M, 128]</c>.
/// </summary>
/// <remarks>The dynamic graph CNN of Wang et al., arXiv:1801.07829, as PoinTr (arXiv:2108.08839) uses it.</remarks>
internal sealed class PointProxies : nn.Module
{
    /// <summary>Features of a proxy.</summary>
    public const int Features = 128;

    private const int Neighbours = 16;
    private const double Slope = 0.2;
    private readonly int _middle;
    private readonly int _proxies;
    private readonly Linear enter;
    private readonly ModuleList<Linear> maps;
    private readonly ModuleList<GroupNorm> norms;

    /// <summary>Builds the extractor.</summary>
    /// <param name="middle">Points after the first reduction; published 512.</param>
    /// <param name="proxies">M: points after the second; published 128.</param>
    public PointProxies(int middle, int proxies)
        : base("proxies")
    {
        (_middle, _proxies) = (middle, proxies);
        enter = nn.Linear(3, 8);
        maps = nn.ModuleList(nn.Linear(16, 32, hasBias: false), nn.Linear(64, 64, hasBias: false), nn.Linear(128, 64, hasBias: false), nn.Linear(128, Features, hasBias: false));
        norms = nn.ModuleList(GroupNorms.Create(4, 32), GroupNorms.Create(4, 64), GroupNorms.Create(4, 64), GroupNorms.Create(4, Features));
        RegisterComponents();
    }

    /// <summary>Centres and features of the proxies.</summary>
    public (Tensor Centres, Tensor Features) forward(Tensor points)
    {
        using var scope = NewDisposeScope();
        var features = Edge(0, points, enter.forward(points), points, enter.forward(points));      // [B, N, 32]
        var (centres, reduced) = Reduce(points, features, _middle);
        features = Edge(1, centres, reduced, points, features);                                     // [B, middle, 64]
        features = Edge(2, centres, features, centres, features);                                   // [B, middle, 64]
        var (last, lastFeatures) = Reduce(centres, features, _proxies);
        features = Edge(3, last, lastFeatures, centres, features);                                  // [B, M, 128]
        return (last.MoveToOuterDisposeScope(), features.MoveToOuterDisposeScope());
    }

    private Tensor Edge(int layer, Tensor own, Tensor ownFeatures, Tensor others, Tensor otherFeatures)
    {
        using var scope = NewDisposeScope();
        var neighbours = PointTensors.Nearest(own, others, Neighbours);
        var mapped = maps[layer].forward(PointTensors.Edges(ownFeatures, otherFeatures, neighbours)); // [B, N, k, C]
        var normed = norms[layer].forward(mapped.permute(0, 3, 1, 2));                              // [B, C, N, k]
        return nn.functional.leaky_relu(normed, Slope).amax([-1]).transpose(1, 2).MoveToOuterDisposeScope();
    }

    private static (Tensor Points, Tensor Features) Reduce(Tensor points, Tensor features, int count)
    {
        var chosen = PointTensors.Farthest(points, count);
        return (PointTensors.Gather(points, chosen).squeeze(2), PointTensors.Gather(features, chosen).squeeze(2));
    }
}
