using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Softmax over the pairs that a mechanism keeps, a block of queries at a time. Causal self decodes with the whole key–value cache unless a
/// mechanism keeps less.
/// </summary>
public abstract class SparseRows(AttentionSettings settings) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern == AttentionPattern.CausalSelf;

    /// <summary>Queries a block.</summary>
    protected virtual int RowsPerBlock => 64;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs, 0).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => PrefillKeyValues(inputs);

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (KeyValueState)state;
        cache.Append(token.Key, token.Value);
        return Attend(token with { Key = cache.Keys, Value = cache.Values }, cache.Count - 1).MoveToOuterDisposeScope(); // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        Decodes ? (long)shape.SourceLength * Settings.KeyValueHeads * (Settings.HeadSize + Settings.ValueSize) : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var pairs = Pairs(shape);
        return new AttentionCost(
            shape.Batch * pairs * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5),
            AttentionCost.InputOutputElements(shape),
            // One block of scores and weights over all keys at most, and both copies of the output while its blocks are joined.
            shape.Rows * (2.0 * RowsPerBlock * shape.SourceLength + 2.0 * shape.Length * shape.ValueSize));
    }

    /// <summary>Visible (query, key) pairs of all heads of one sequence.</summary>
    protected abstract double Pairs(AttentionShape shape);

    /// <summary>The strips of the queries of <paramref name="inputs"/>, whose first stands at position <paramref name="first"/>.</summary>
    protected abstract Func<long, long, RowBlocks.Strip> Strips(AttentionInputs inputs, long first);

    private Tensor Attend(AttentionInputs inputs, long first) => RowBlocks.Attend(
        inputs.Query / Math.Sqrt(Settings.HeadSize), inputs.Key, inputs.Value, inputs.KeyMask, RowsPerBlock, Strips(inputs, first));
}
