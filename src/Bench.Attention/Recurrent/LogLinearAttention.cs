using System.Numerics;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>
/// <c>o_t = Σ_{s ≤ t} λ_t[ℓ(t, s)] e^{G_t − G_s} (q_t·k_s) v_s</c>: the past falls into O(log N) blocks of a Fenwick tree, each with a weight of its own;
/// ℓ(t, s) is 0 for s = t and the bit length of t xor s elsewhere.
/// </summary>
/// <remarks>
/// Guo et al., "Log-Linear Attention", arXiv:2506.04761, section 3, on Mamba-2's decay. Input <c>level_scales</c> is <c>[B, H, N, L]</c> with
/// L = ⌈log₂ N⌉ + 1 at least; level 0 is the token itself.
/// </remarks>
public abstract class LogLinearAttention(AttentionSettings settings) : AttentionOperator(settings)
{
    private int Levels => Level(Settings.MaxLength - 1, 0) + 1;

    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
        [.. InputSpec.Plain, new("g", "B H N", InputKind.LogDecay), new("level_scales", $"B H N {Levels}", InputKind.Positive)];

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (key, decay) = (inputs.Key, inputs.Required("g").unsqueeze(-1));          // [B, H, N, D], [B, H, N, 1]
        if (inputs.KeyMask is { } mask)
        {
            var padding = mask.logical_not().unsqueeze(1).unsqueeze(-1);
            (key, decay) = (key.masked_fill(padding, 0), decay.masked_fill(padding, 0));
        }

        return Mix(inputs.Query, key, inputs.Value, decay, inputs.Required("level_scales")).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    /// <remarks>After T tokens level b + 1 holds the block of 2^b tokens that bit b of T stands for, the largest blocks first.</remarks>
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (key, decay, total) = (inputs.Key.detach(), inputs.Required("g").detach().unsqueeze(-1).cumsum(2), (int)inputs.Key.shape[2]);
        var last = decay.narrow(2, total - 1, 1);
        var levels = zeros([key.shape[0], key.shape[1], Levels, key.shape[3], inputs.Value.shape[3]], dtype: key.dtype, device: key.device);
        for (int bit = Level(total, 0) - 1, start = 0; bit >= 0; bit--)
        {
            // A block that fills the last level has no place; the next step is refused.
            if ((total >> bit & 1) == 0 || bit + 1 >= Levels)
            {
                continue;
            }

            var (rows, count) = (start, 1L << bit);
            var faded = key.narrow(2, rows, count) * (last - decay.narrow(2, rows, count)).exp();
            levels.select(2, bit + 1).copy_(faded.transpose(-2, -1).matmul(inputs.Value.detach().narrow(2, rows, count)));
            start += 1 << bit;
        }

        var state = new TensorState { ["levels"] = levels, Position = total };
        return (forward(inputs).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        if (kept.Position >= Settings.MaxLength)
        {
            throw new InvalidOperationException(
                $"The state holds {kept.Position} tokens, as many as its levels can; build the operator with a {nameof(AttentionSettings.MaxLength)} above {Settings.MaxLength}.");
        }

        var factor = token.Required("g").exp().unsqueeze(-1).unsqueeze(-1);           // [B, H, 1, 1, 1]
        var levels = kept["levels"] * factor;                                         // [B, H, L, D, E]
        levels = cat([token.Key.transpose(-2, -1).matmul(token.Value).unsqueeze(2), levels.narrow(2, 1, Levels - 1)], 2);
        var reads = token.Query.unsqueeze(2).matmul(levels).squeeze(3);               // [B, H, L, E]
        var output = token.Required("level_scales").matmul(reads);                    // [B, H, 1, E]
        var full = BitOperations.TrailingZeroCount(~(int)kept.Position) + 1;          // levels 0 … full − 1 become level full
        var after = levels.detach().clone();
        if (full < Levels)
        {
            after.select(2, full).copy_(levels.narrow(2, 0, full).sum(2));
            after.narrow(2, 0, full).zero_();
        }

        kept["levels"] = after;
        kept.Position++;
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => (long)Settings.Heads * Levels * Settings.HeadSize * Settings.ValueSize;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => shape.Length > Settings.MaxLength
        ? $"length {shape.Length} needs more levels than length {Settings.MaxLength} has"
        : null;

    /// <inheritdoc />
    /// <remarks>One read per level, one write and one decay per token.</remarks>
    public override AttentionCost Cost(AttentionShape shape)
    {
        var levels = Level(shape.Length - 1, 0) + 1;
        return new AttentionCost(
            shape.Rows * shape.Length * shape.HeadSize * shape.ValueSize * (3.0 + (2 * levels)),
            AttentionCost.InputOutputElements(shape), Activations(shape));
    }

    /// <summary>ℓ(t, s).</summary>
    protected static int Level(int t, int s) => 32 - BitOperations.LeadingZeroCount((uint)(t ^ s));

    /// <summary>Numbers held at the peak.</summary>
    protected abstract double Activations(AttentionShape shape);

    /// <summary>The output from masked inputs.</summary>
    protected abstract Tensor Mix(Tensor query, Tensor key, Tensor value, Tensor decay, Tensor scales);
}

/// <summary>Log-linear attention token by token: one state a level, merged like carries of a binary counter.</summary>
[Attention("log-linear-attention/recurrent", AttentionPattern.CausalSelf,
    Title = "Log-linear attention", Paper = "arXiv:2506.04761", Time = "O(N·log N·D²)", Memory = "O(log N·D²)", State = "H·log N·D²", Reference = true)]
public sealed class RecurrentLogLinearAttention(AttentionSettings settings) : LogLinearAttention(settings)
{
    /// <inheritdoc />
    protected override double Activations(AttentionShape shape) =>
        AttentionCost.OutputElements(shape) + (shape.Rows * (Math.Log2(shape.Length) + 2) * shape.HeadSize * shape.ValueSize);

    /// <inheritdoc />
    protected override Tensor Mix(Tensor query, Tensor key, Tensor value, Tensor decay, Tensor scales)
    {
        var states = new List<Tensor?>();                                             // level l: block of 2^(l − 1) tokens, [B, H, D, E]
        var outputs = new List<Tensor>();
        // The gradient of a split is put together once; those of slices would each be as long as the sequence.
        var (queries, keys, values) = (query.split(1, 2), key.split(1, 2), value.split(1, 2));
        var (decays, levels) = (decay.split(1, 2), scales.split(1, 2));
        for (var t = 0; t < queries.Length; t++)
        {
            var factor = decays[t].exp();                                             // [B, H, 1, 1]
            states = [.. states.Select(state => state is null ? null : factor * state)];
            var write = keys[t].transpose(-2, -1).matmul(values[t]);
            states = [write, .. states.Skip(1)];
            var (row, weights) = (queries[t], levels[t]);
            var reads = states.Select((state, level) => state is null ? null : weights.narrow(3, level, 1) * row.matmul(state));
            outputs.Add(reads.Where(read => read is not null).Aggregate((sum, read) => sum! + read!)!);
            Merge(states, BitOperations.TrailingZeroCount(~t));
        }

        return cat(outputs, 2);
    }

    /// <summary>Puts levels 0 … j, all full after this token, into level j + 1.</summary>
    private static void Merge(List<Tensor?> states, int trailingOnes)
    {
        var merged = states.Take(trailingOnes + 1).Where(state => state is not null).Aggregate((sum, state) => sum! + state!);
        for (var level = 0; level <= trailingOnes && level < states.Count; level++)
        {
            states[level] = null;
        }

        while (states.Count <= trailingOnes + 1)
        {
            states.Add(null);
        }

        states[trailingOnes + 1] = merged;
    }
}

/// <summary>Log-linear attention as one masked product.</summary>
[Attention("log-linear-attention/parallel", AttentionPattern.CausalSelf,
    Title = "Log-linear attention", Paper = "arXiv:2506.04761", Time = "O(N²·D)", Memory = "O(N²)", State = "H·log N·D²")]
public sealed class ParallelLogLinearAttention(AttentionSettings settings) : LogLinearAttention(settings)
{
    /// <inheritdoc />
    protected override double Activations(AttentionShape shape) =>
        AttentionCost.OutputElements(shape) + (3.0 * shape.Rows * shape.Length * shape.Length);

    /// <inheritdoc />
    protected override Tensor Mix(Tensor query, Tensor key, Tensor value, Tensor decay, Tensor scales)
    {
        var length = (int)query.shape[2];
        var sum = decay.cumsum(2);                                                    // [B, H, N, 1]
        var seen = ones(length, length, dtype: ScalarType.Bool, device: query.device).tril();
        var weights = (sum - sum.transpose(-2, -1)).masked_fill(seen.logical_not(), double.NegativeInfinity).exp(); // [B, H, N, N]
        var levels = tensor(
            Enumerable.Range(0, length).SelectMany(t => Enumerable.Range(0, length).Select(s => s > t ? 0L : Level(t, s))).ToArray(), device: query.device)
            .view(1, 1, length, length).expand(query.shape[0], query.shape[1], length, length);
        return (query.matmul(key.transpose(-2, -1)) * weights * scales.gather(3, levels)).matmul(value);
    }
}
