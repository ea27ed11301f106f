using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Informer's ProbSparse attention: the u = c·⌈ln N⌉ queries whose sampled scores stand out most attend to all keys, every other output is
/// the mean of the values. O(N·D·ln N) time and memory. The samples are drawn anew in every pass, in evaluation too;
/// <c>random.sample_index</c> <c>[N, U]</c> replaces them.
/// </summary>
/// <remarks>Zhou et al., "Informer", arXiv:2012.07436, section 3 and algorithm 1; the mean of the sampled scores is divided by M as in the authors' code.</remarks>
[Attention("probsparse/sampled", AttentionPattern.NoncausalSelf,
    Title = "ProbSparse attention (Informer)", Paper = "arXiv:2012.07436", Time = "O(N·D·ln N)", Memory = "O(N·ln N)", Reference = true, Random = true)]
public sealed class ProbSparse(AttentionSettings settings, ProbSparseOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = (inputs.Query, inputs.Key, inputs.Value);
        var real = inputs.KeyMask?.to(value.dtype)[.., TensorIndex.None, .., TensorIndex.None];     // [B, 1, N, 1]
        var mean = real is null ? value.mean([2], keepdim: true) : (value * real).sum(2, keepdim: true) / real.sum(2, keepdim: true);
        var output = mean.expand(-1, -1, query.shape[2], -1);                                       // [B, H, N, Dv]
        if (Count(query.shape[2]) == 0)
        {
            return output.clone().MoveToOuterDisposeScope();
        }

        var chosen = Select(inputs).unsqueeze(-1);                                                  // [B, H, u, 1]
        var queries = query.gather(2, chosen.expand(-1, -1, -1, query.shape[3]));                   // [B, H, u, D]
        var scores = queries.matmul(key.transpose(-2, -1)) / Math.Sqrt(Settings.HeadSize);          // [B, H, u, N]
        if (inputs.KeyMask is { } mask)
        {
            scores = scores.masked_fill(mask.logical_not()[.., TensorIndex.None, TensorIndex.None, ..], float.NegativeInfinity);
        }

        return output.scatter(2, chosen.expand(-1, -1, -1, value.shape[3]), scores.softmax(-1).matmul(value)).MoveToOuterDisposeScope();
    }

    /// <summary>The queries that attend, <c>[B, H, u]</c>, most distinct first; no gradient flows through the choice.</summary>
    public Tensor Select(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (query, key, length) = (inputs.Query, inputs.Key, inputs.Key.shape[2]);
        var samples = inputs.Optional("random.sample_index")
            ?? randint(0, length, [query.shape[2], Count(length)], dtype: ScalarType.Int64, device: key.device); // [N, U]
        var largest = full(query.shape[..3], double.NegativeInfinity, dtype: query.dtype, device: query.device);  // [B, H, N]
        var sum = zeros_like(largest);
        // One sample a pass, so that N·U rows of keys are never in memory at once.
        for (long i = 0; i < samples.shape[1]; i++)
        {
            using var step = NewDisposeScope();
            var index = samples.select(1, i);
            var product = (query * key.index_select(2, index)).sum(-1);                             // [B, H, N]
            var real = inputs.KeyMask?.index_select(1, index).unsqueeze(1);                         // [B, 1, N]
            sum.add_(real is null ? product : product.masked_fill(real.logical_not(), 0));
            var candidate = real is null ? product : product.masked_fill(real.logical_not(), float.NegativeInfinity);
            largest.copy_(maximum(largest, candidate));
        }

        var keys = inputs.KeyMask is { } mask ? mask.sum(1, keepdim: true).unsqueeze(-1).to(query.dtype) : full([1], length, dtype: query.dtype, device: query.device);
        var distinct = largest - sum / keys;
        if (inputs.KeyMask is { } padding)
        {
            distinct = distinct.masked_fill(padding.logical_not().unsqueeze(1), float.NegativeInfinity);
        }

        return distinct.topk((int)Count(query.shape[2]), 2).indexes.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, samples = Count(shape.SourceLength), chosen = Count(shape.Length);
        return new AttentionCost(
            shape.Rows * (n * samples * (2 * shape.HeadSize + 2) + chosen * m * (2 * shape.HeadSize + 2 * shape.ValueSize + 5) + m * shape.ValueSize),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * (n * (2 * shape.HeadSize + 3) + 2 * chosen * m + n * shape.ValueSize));
    }

    private long Count(long length) => Math.Min(options.Factor * (long)Math.Ceiling(Math.Log(length)), length);
}
