using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Routing attention: C centroids of length 1 per head; each takes the w queries and the w′ keys that point most in its direction and attends among
/// them. A token in several clusters gets the mean of its outputs, a token in none gets zero. O(C·w·w′·D + N·C·D) time, w = N/C unless given. The choice carries no gradient.
/// </summary>
/// <remarks>
/// Roy et al., "Efficient Content-Based Sparse Attention with Routing Transformers", arXiv:2003.05997, section 4. Centroids are the buffer
/// <c>kmeans_means</c>; learning them is <see cref="UpdateCentroids"/>.
/// </remarks>
[Attention("routing/gathered", AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross,
    Title = "Routing attention", Paper = "arXiv:2003.05997", Time = "O(N²/C·D)", Memory = "O(N²/C)", Reference = true)]
public sealed class Routing : AttentionOperator
{
    /// <summary>Logit of a token with itself where queries and keys are shared.</summary>
    private const double Self = -5e4;

    private const double CountEpsilon = 1e-5;

    private readonly RoutingOptions _options;

    /// <summary>Centroids start as random directions, memory tokens standard normal.</summary>
    public Routing(AttentionSettings settings, RoutingOptions options)
        : base(settings)
    {
        _options = options;
        register_buffer("kmeans_means", nn.functional.normalize(randn(settings.Heads, options.Clusters, settings.HeadSize), 2, -1)); // [H, C, D]
        register_parameter("mem_key", new Parameter(randn(settings.Heads, options.Clusters, options.MemoryTokens, settings.HeadSize)));
        register_parameter("mem_value", new Parameter(randn(settings.Heads, options.Clusters, options.MemoryTokens, settings.ValueSize)));
    }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var isSelf = !Settings.Pattern.IsCross;
        var (queryMask, keyMask) = (isSelf ? inputs.KeyMask : null, inputs.KeyMask);
        var window = Size(_options.Window, inputs.Query.shape[2]);
        var context = Size(_options.ContextWindow > 0 ? _options.ContextWindow : _options.Window, inputs.Key.shape[2]);
        var members = Members(inputs.Query, queryMask, window);                                           // [B, H, C, w]
        var sources = _options.SharedKeys && isSelf ? members : Members(inputs.Key, keyMask, context);    // [B, H, C, w']
        var keys = _options.SharedKeys ? nn.functional.normalize(inputs.Key, 2, -1) : inputs.Key;
        var (batch, memory) = (inputs.Query.shape[0], _options.MemoryTokens);
        Tensor WithMemory(string name, Tensor rows) => cat([get_parameter(name)!.unsqueeze(0).expand(batch, -1, -1, -1, -1), rows], 3);

        var scores = (Pick(inputs.Query, members) / Math.Sqrt(Settings.HeadSize))
            .matmul(WithMemory("mem_key", Pick(keys, sources)).transpose(-2, -1));                        // [B, H, C, w, m + w']
        var (queries, columns) = (members.unsqueeze(-1), sources.unsqueeze(-2));
        var visible = ones([1, 1, 1, 1, sources.shape[3]], ScalarType.Bool, scores.device);
        if (keyMask is not null)
        {
            visible = visible.logical_and(PickMask(keyMask, sources).unsqueeze(-2));
            visible = queryMask is null ? visible : visible.logical_and(PickMask(queryMask, members).unsqueeze(-1));
        }

        visible = _options.CausalMask ? visible.logical_and(columns.le(queries)) : visible;
        if (_options.SharedKeys)
        {
            var same = nn.functional.pad(columns.eq(queries), [memory, 0]);
            scores = scores.masked_fill(same, Self);
        }

        var weights = Primitives.MaskedSoftmax.Of(scores, nn.functional.pad(visible, [memory, 0], value: 1));
        var found = weights.matmul(WithMemory("mem_value", Pick(inputs.Value, sources)));                 // [B, H, C, w, Dv]
        return Average(found, members, queryMask, inputs.Query.shape[2]).MoveToOuterDisposeScope();       // [B, H, N, Dv]
    }

    /// <summary>Mean squared distance of the normalised tokens <c>[B, H, N, D]</c> from their nearest centroids, to be weighed into a loss.</summary>
    public Tensor CommitmentLoss(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (normal, nearest) = Nearest(tokens);
        var centroids = get_buffer("kmeans_means")!.unsqueeze(0).expand(tokens.shape[0], -1, -1, -1)
            .gather(2, nearest.unsqueeze(-1).expand(-1, -1, -1, tokens.shape[3]));
        return (normal - centroids).square().mean().view(1).MoveToOuterDisposeScope();
    }

    /// <summary>Moves every centroid towards the direction of the sum of its tokens <c>[B, H, N, D]</c>; one without tokens stays.</summary>
    /// <param name="tokens">Queries and keys of a training batch.</param>
    /// <param name="decay">Share of the old centroid.</param>
    public void UpdateCentroids(Tensor tokens, double decay = 0.999)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (normal, nearest) = Nearest(tokens);
        var means = get_buffer("kmeans_means")!;
        var assigned = nearest.unsqueeze(-1).eq(arange(_options.Clusters, device: tokens.device)).to(normal.dtype);   // [B, H, N, C]
        var sums = assigned.transpose(-2, -1).matmul(normal).sum(0);                                      // [H, C, D]
        var isEmpty = assigned.sum([0, 2]).eq(0).unsqueeze(-1);
        means.copy_(where(isEmpty, means, (means * decay) + (nn.functional.normalize(sums, 2, -1) * (1 - decay))));
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, c = _options.Clusters, d = shape.HeadSize, e = shape.ValueSize;
        double w = Size(_options.Window, shape.Length);
        double keys = Size(_options.ContextWindow > 0 ? _options.ContextWindow : _options.Window, shape.SourceLength) + _options.MemoryTokens;
        return new AttentionCost(
            shape.Rows * ((c * w * keys * ((2 * d) + (2 * e) + 5)) + ((n + m) * ((2 * d * c) + (3 * d))) + (c * w * e)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * ((c * ((w * keys * 3) + (w * (d + e)) + (keys * (d + e)))) + ((n + m) * (c + d)) + (n * e)));
    }

    private long Size(int window, long length) =>
        Math.Min(window > 0 ? window : (length + _options.Clusters - 1) / _options.Clusters, length);

    /// <summary>The tokens whose directions are nearest each centroid: indices <c>[B, H, C, w]</c>.</summary>
    private Tensor Members(Tensor rows, Tensor? mask, long window)
    {
        using var nograd = no_grad();
        using var scope = NewDisposeScope();
        var similar = nn.functional.normalize(rows.detach(), 2, -1).matmul(get_buffer("kmeans_means")!.transpose(-2, -1)); // [B, H, N, C]
        if (mask is not null && !_options.PaddingQuirk)
        {
            similar = similar.masked_fill(mask.logical_not()[.., TensorIndex.None, .., TensorIndex.None], double.NegativeInfinity);
        }

        return similar.topk((int)window, 2).indexes.transpose(-2, -1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Outputs of a token's clusters, averaged: <c>[B, H, N, Dv]</c>.</summary>
    private Tensor Average(Tensor found, Tensor members, Tensor? mask, long length)
    {
        var counts = ones([found.shape[0], found.shape[1], members.shape[2] * members.shape[3], 1], dtype: found.dtype, device: found.device);
        var rows = found.flatten(2, 3);
        if (mask is not null && !_options.PaddingQuirk)
        {
            var real = PickMask(mask, members).flatten(2).unsqueeze(-1).to(found.dtype);
            (rows, counts) = (rows * real, counts * real);
        }

        var index = members.flatten(2).unsqueeze(-1);
        Tensor Scatter(Tensor source) => zeros([found.shape[0], found.shape[1], length, source.shape[3]], dtype: found.dtype, device: found.device)
            .scatter_add(2, index.expand(-1, -1, -1, source.shape[3]), source);

        return Scatter(rows) / (Scatter(counts) + CountEpsilon);
    }

    private (Tensor Normal, Tensor Nearest) Nearest(Tensor tokens)
    {
        var normal = nn.functional.normalize(tokens, 2, -1);
        return (normal, normal.detach().matmul(get_buffer("kmeans_means")!.transpose(-2, -1)).argmax(-1));
    }

    private static Tensor Pick(Tensor rows, Tensor index) => rows
        .gather(2, index.flatten(2).unsqueeze(-1).expand(-1, -1, -1, rows.shape[3])).unflatten(2, [index.shape[2], index.shape[3]]);

    private static Tensor PickMask(Tensor mask, Tensor index) =>
        mask.unsqueeze(1).expand(-1, index.shape[1], -1).gather(2, index.flatten(2)).view(index.shape);
}
