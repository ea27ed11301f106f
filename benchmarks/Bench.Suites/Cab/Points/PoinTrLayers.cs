using Bench.Attention;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Points;

/// <summary>Attention among proxies and a network of two maps, each behind a LayerNorm, with residuals: <c>[B, N, E]</c> to <c>[B, N, E]</c>.</summary>
internal sealed class PoinTrEncoderLayer : nn.Module
{
    private readonly LayerNorm norm;
    private readonly AttentionLayer? attention;
    private readonly GeometryMap? geometry;
    private readonly PoinTrMlp mlp;

    public PoinTrEncoderLayer(int width, AttentionLayer? self, bool geometric)
        : base("encoder")
    {
        norm = nn.LayerNorm(width);
        attention = self;
        geometry = geometric ? new GeometryMap(width) : null;
        mlp = new PoinTrMlp(width);
        RegisterComponents();
    }

    public Tensor forward(Tensor hidden, Tensor neighbours)
    {
        using var scope = NewDisposeScope();
        var normed = norm.forward(hidden);
        var read = attention is null ? zeros_like(normed) : attention.forward(new LayerInputs(normed));
        return mlp.forward(hidden + (geometry is null ? read : geometry.forward(read, normed, normed, neighbours))).MoveToOuterDisposeScope();
    }
}

/// <summary>Attention among queries, attention from them to proxies, and a network of two maps, each behind a LayerNorm, with residuals.</summary>
internal sealed class PoinTrDecoderLayer : nn.Module
{
    private readonly LayerNorm norm;
    private readonly LayerNorm queryNorm;
    private readonly LayerNorm memoryNorm;
    private readonly AttentionLayer? own;
    private readonly AttentionLayer? cross;
    private readonly GeometryMap? ownGeometry;
    private readonly GeometryMap? crossGeometry;
    private readonly PoinTrMlp mlp;

    public PoinTrDecoderLayer(int width, AttentionLayer? self, AttentionLayer? toProxies, bool geometric)
        : base("decoder")
    {
        (norm, queryNorm, memoryNorm) = (nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width));
        (own, cross) = (self, toProxies);
        ownGeometry = geometric ? new GeometryMap(width) : null;
        crossGeometry = geometric ? new GeometryMap(width) : null;
        mlp = new PoinTrMlp(width);
        RegisterComponents();
    }

    public Tensor forward(Tensor stream, Tensor memory, Tensor neighbours, Tensor proxyNeighbours)
    {
        using var scope = NewDisposeScope();
        var normed = norm.forward(stream);
        var read = own is null ? zeros_like(normed) : own.forward(new LayerInputs(normed));
        stream = stream + (ownGeometry is null ? read : ownGeometry.forward(read, normed, normed, neighbours));
        var (asked, known) = (queryNorm.forward(stream), memoryNorm.forward(memory));
        read = cross is null ? zeros_like(asked) : cross.forward(new LayerInputs(asked) { Context = known });
        stream = stream + (crossGeometry is null ? read : crossGeometry.forward(read, asked, known, proxyNeighbours));
        return mlp.forward(stream).MoveToOuterDisposeScope();
    }
}

/// <summary>Joins what attention read with the strongest difference to the nearest neighbours in space: the geometry-aware part of a layer.</summary>
internal sealed class GeometryMap : nn.Module
{
    private readonly Linear edges;
    private readonly Linear join;

    public GeometryMap(int width)
        : base("geometry")
    {
        (edges, join) = (nn.Linear(2 * width, width), nn.Linear(2 * width, width));
        RegisterComponents();
    }

    public Tensor forward(Tensor read, Tensor own, Tensor others, Tensor neighbours)
    {
        using var scope = NewDisposeScope();
        var near = nn.functional.leaky_relu(edges.forward(PointTensors.Edges(own, others, neighbours)), 0.2).amax([2]); // [B, N, E]
        return join.forward(cat([read, near], -1)).MoveToOuterDisposeScope();
    }
}

/// <summary>LayerNorm, a map to twice the width, GELU, a map back, and the residual.</summary>
internal sealed class PoinTrMlp : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm;
    private readonly Linear up;
    private readonly Linear down;

    public PoinTrMlp(int width)
        : base("mlp")
    {
        norm = nn.LayerNorm(width);
        (up, down) = (nn.Linear(width, 2 * width), nn.Linear(2 * width, width));
        RegisterComponents();
    }

    public override Tensor forward(Tensor stream)
    {
        using var scope = NewDisposeScope();
        return (stream + down.forward(nn.functional.gelu(up.forward(norm.forward(stream))))).MoveToOuterDisposeScope();
    }
}

/// <summary>The same two maps at every point with BatchNorm and a leaky ReLU between them: <c>[B, N, in]</c> to <c>[B, N, out]</c>.</summary>
internal sealed class PointwiseNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Linear first;
    private readonly BatchNorm1d norm;
    private readonly Linear second;

    public PointwiseNetwork(int from, int middle, int to)
        : base("pointwise")
    {
        (first, norm, second) = (nn.Linear(from, middle), nn.BatchNorm1d(middle), nn.Linear(middle, to));
        RegisterComponents();
        // PoinTr writes these as convolutions of width 1, and those start by Xavier.
        nn.init.xavier_normal_(first.weight!);
        nn.init.xavier_normal_(second.weight!);
    }

    public override Tensor forward(Tensor points)
    {
        using var scope = NewDisposeScope();
        var middle = first.forward(points);
        var normed = norm.forward(middle.flatten(0, 1)).view(middle.shape);
        return second.forward(nn.functional.leaky_relu(normed, 0.2)).MoveToOuterDisposeScope();
    }

    /// <summary>N(0, 0.02) and zero biases in the layers of a PoinTr, as published; attention keeps its own start.</summary>
    public static void Initialise(PoinTr model)
    {
        using var nograd = no_grad();
        foreach (var (name, module) in model.named_modules())
        {
            if (module is Linear linear && (name.Contains(".mlp.", StringComparison.Ordinal) || name.Contains("eometry.", StringComparison.Ordinal)))
            {
                nn.init.normal_(linear.weight!, 0, 0.02);
                nn.init.zeros_(linear.bias!);
            }
        }
    }
}

/// <summary>
/// Unfolds each query into a patch of points: a flat square grid is bent twice by networks that know the query. <c>[B, N, E]</c> to <c>[B, N·points, 3]</c>.
/// </summary>
/// <remarks>Yang et al., "FoldingNet", arXiv:1712.07262.</remarks>
internal sealed class FoldingHead : nn.Module
{
    private readonly int _side;
    private readonly ModuleList<Linear> first;
    private readonly ModuleList<Linear> second;
    private readonly ModuleList<BatchNorm1d> norms;

    public FoldingHead(int width, int hidden, int points)
        : base("folding")
    {
        _side = (int)Math.Round(Math.Sqrt(points));
        if (_side * _side != points)
        {
            throw new ArgumentException($"A query unfolds into a square grid; {points} points are no square number.", nameof(points));
        }

        first = nn.ModuleList(nn.Linear(width + 2, hidden), nn.Linear(hidden, hidden / 2), nn.Linear(hidden / 2, 3));
        second = nn.ModuleList(nn.Linear(width + 3, hidden), nn.Linear(hidden, hidden / 2), nn.Linear(hidden / 2, 3));
        norms = nn.ModuleList(nn.BatchNorm1d(hidden), nn.BatchNorm1d(hidden / 2), nn.BatchNorm1d(hidden), nn.BatchNorm1d(hidden / 2));
        RegisterComponents();
    }

    /// <summary>Points around the coarse points.</summary>
    /// <param name="queries"><c>[B, N, E]</c>.</param>
    /// <param name="centres"><c>[B, N, 3]</c>.</param>
    public Tensor forward(Tensor queries, Tensor centres)
    {
        using var scope = NewDisposeScope();
        var (rows, points) = (queries.shape[0] * queries.shape[1], _side * _side);
        var line = _side == 1 ? zeros(1, device: queries.device) : linspace(-1, 1, _side, device: queries.device);
        var grid = stack([line.repeat(_side), line.repeat_interleave(_side)], -1).to(queries.dtype);   // [points, 2]
        var known = queries.reshape(rows, 1, -1).expand(-1, points, -1).reshape(rows * points, -1);    // [B·N·points, E]
        var bent = Fold(first, 0, cat([grid.repeat(rows, 1), known], -1));
        bent = Fold(second, 2, cat([bent, known], -1)).view(queries.shape[0], queries.shape[1], points, 3);
        return (bent + centres.unsqueeze(2)).flatten(1, 2).MoveToOuterDisposeScope();
    }

    private Tensor Fold(ModuleList<Linear> maps, int norm, Tensor input)
    {
        var hidden = nn.functional.relu(norms[norm].forward(maps[0].forward(input)));
        return maps[2].forward(nn.functional.relu(norms[norm + 1].forward(maps[1].forward(hidden))));
    }
}
