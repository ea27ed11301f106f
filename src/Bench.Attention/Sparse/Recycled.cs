using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Recycled attention: after a prompt of P tokens, every S-th step attends to everything and keeps the K tokens it weighs most; the steps between attend
/// to those and to themselves, and drop whom they weigh least. Heads that share keys decide by their largest weight. The choice carries no gradient.
/// Steps depend on each other: O(N·(N/S + K)·D) time and O(N·(K + D)) memory of a full pass.
/// </summary>
/// <remarks>Xu et al., "Recycled Attention", arXiv:2411.05787, section 3; our reading, as the authors' code could not be had.</remarks>
[Attention("recycled/stepwise", AttentionPattern.CausalSelf,
    Title = "Recycled attention", Paper = "arXiv:2411.05787", Time = "O(N·(N/S + K)·D)", Memory = "O(N·(K + D))", State = "2·N·H·D + K·H", Reference = true)]
public sealed class Recycled(AttentionSettings settings, RecycledOptions options) : SparseRows(settings)
{
    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        var state = new RecycledState();
        state.Append(inputs.Key, inputs.Value);
        using (NewDisposeScope())
        {
            state.Members = Members(inputs).Last;
        }

        return (forward(inputs), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (RecycledState)state;
        cache.Append(token.Key, token.Value);
        var (read, next) = Turn(token.Query, cache.Keys, null, cache.Position - 1, cache.Members);
        if (next is not null)
        {
            cache.Members = next;
        }

        Tensor Pick(Tensor rows) => GroupedHeads.Expand(read is null ? rows : Gather(rows, read), Settings.Heads);
        var scores = (token.Query / Math.Sqrt(Settings.HeadSize)).matmul(Pick(cache.Keys).transpose(-2, -1));
        return scores.softmax(-1).matmul(Pick(cache.Values)).MoveToOuterDisposeScope(); // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        base.StateSize(shape) + (shape.Length < options.Prompt ? 0 : (long)Settings.KeyValueHeads * Math.Min(options.Keep, shape.Length));

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var cost = base.Cost(shape);
        return cost with
        {
            ActivationElements = cost.ActivationElements
                + (2.0 * shape.Batch * Settings.KeyValueHeads * Math.Max(0, shape.Length - options.Prompt) * (options.Keep + 1)),
        };
    }

    /// <inheritdoc />
    protected override double Pairs(AttentionShape shape)
    {
        double pairs = 0;
        for (long i = 0; i < shape.Length; i++)
        {
            pairs += IsFull(i) ? i + 1 : Math.Min(i, options.Keep) + 1;
        }

        return pairs * Settings.Heads;
    }

    /// <inheritdoc />
    protected override Func<long, long, RowBlocks.Strip> Strips(AttentionInputs inputs, long first)
    {
        var read = Members(inputs).Read;
        var column = arange(inputs.Key.shape[2], device: inputs.Key.device);
        return (at, count) =>
        {
            var rows = Enumerable.Range((int)at, (int)count).Select(i =>
            {
                var earlier = column.le(i).view(1, 1, -1).expand(inputs.Key.shape[0], Settings.KeyValueHeads, -1);
                return read[i] is { } members
                    ? zeros_like(earlier, ScalarType.Bool).scatter(2, members, ones_like(members, ScalarType.Bool))
                    : earlier;
            });
            return new RowBlocks.Strip(null, GroupedHeads.Expand(stack([.. rows], 2), Settings.Heads));   // [B, H, R, N]
        };
    }

    /// <summary>What each row reads, null for everything, and what is kept after the last one.</summary>
    private (IReadOnlyList<Tensor?> Read, Tensor? Last) Members(AttentionInputs inputs)
    {
        using var nograd = no_grad();
        var query = inputs.Query.detach();
        var read = new List<Tensor?>();
        Tensor? kept = null;
        for (long i = 0; i < query.shape[2]; i++)
        {
            using var scope = NewDisposeScope();
            var (seen, next) = Turn(query.narrow(2, i, 1), inputs.Key.detach(), inputs.KeyMask, i, kept, query);
            read.Add(seen?.MoveToOuterDisposeScope());
            kept = next?.MoveToOuterDisposeScope() ?? kept;
        }

        return (read, kept);
    }

    /// <summary>One token's turn: what it reads, null for everything, and what is kept after it, null for no change.</summary>
    /// <param name="query">Its query, <c>[B, H, 1, D]</c>.</param>
    /// <param name="key">Keys, <c>[B, Hk, at least i + 1, D]</c>.</param>
    /// <param name="mask">Padding, or null.</param>
    /// <param name="i">Its position.</param>
    /// <param name="kept">What was kept so far, <c>[B, Hk, K]</c>.</param>
    /// <param name="all">Queries of all tokens where some are padded: then the newest real one of the prompt chooses first.</param>
    private (Tensor? Read, Tensor? Next) Turn(Tensor query, Tensor key, Tensor? mask, long i, Tensor? kept, Tensor? all = null)
    {
        if (i < options.Prompt - 1)
        {
            return (null, null);
        }

        using var nograd = no_grad();
        var joined = kept is null ? null : cat([kept, full([kept.shape[0], kept.shape[1], 1], i, ScalarType.Int64, key.device)], -1);
        Tensor? Recycle() => joined is null ? null : Strongest(query, Gather(key, joined), Real(mask, joined), joined);
        if (!IsFull(i))
        {
            return (joined, Recycle());
        }

        var everything = arange(i + 1, device: key.device).expand(key.shape[0], key.shape[1], i + 1);
        if (mask is not null && kept is null)
        {
            query = all!.gather(2, NewestReal(mask.narrow(1, 0, i + 1)).view(-1, 1, 1, 1).expand(-1, all.shape[1], 1, all.shape[3]));
        }

        var anew = Strongest(query, key.narrow(2, 0, i + 1), Real(mask, everything), everything);
        // A padded token may not choose.
        return (null, mask is null || Recycle() is not { } before ? anew : where(mask.narrow(1, i, 1).unsqueeze(-1), anew, before));
    }

    private bool IsFull(long i) => i < options.Prompt || (i + 1 - options.Prompt) % options.Period == 0;

    /// <summary>The K tokens of the largest weights, in double precision: a choice that hung on rounding would differ between element types.</summary>
    private Tensor Strongest(Tensor query, Tensor keys, Tensor? real, Tensor positions)
    {
        var grouped = query.squeeze(2).unflatten(1, [keys.shape[1], -1]).to(ScalarType.Float64);          // [B, Hk, G, D]
        var logits = grouped.matmul(keys.to(ScalarType.Float64).transpose(-2, -1)) / Math.Sqrt(Settings.HeadSize); // [B, Hk, G, S]
        var weights = (real is null ? logits.softmax(-1) : MaskedSoftmax.Of(logits, real.unsqueeze(2))).amax([2]);
        var scores = real is null ? weights : weights.masked_fill(real.logical_not(), -1);
        return positions.gather(2, scores.topk((int)Math.Min(options.Keep, positions.shape[2]), -1).indexes);
    }

    private static Tensor? Real(Tensor? mask, Tensor positions) =>
        mask?.unsqueeze(1).expand(-1, positions.shape[1], -1).gather(2, positions.expand(mask.shape[0], -1, -1));

    private static Tensor NewestReal(Tensor mask) =>
        mask.to(ScalarType.Int64).mul(arange(1, mask.shape[1] + 1, device: mask.device)).amax([1]).sub(1).clamp(min: 0);

    private static Tensor Gather(Tensor rows, Tensor positions) => rows.gather(2, positions.unsqueeze(-1).expand(-1, -1, -1, rows.shape[3]));
}
