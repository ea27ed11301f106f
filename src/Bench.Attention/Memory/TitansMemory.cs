using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>Options of Titans' linear memory.</summary>
public sealed record TitansMemoryOptions
{
    /// <summary>Tokens whose gradients are taken at the same weights.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 16;

    /// <summary>Reproduce the precedence slip in the gradient of flash-linear-attention's reference.</summary>
    public bool FlaQuirk { get; set; }
}

/// <summary>
/// Titans' neural memory with a linear network: momentum <c>Z_t = η_t Z_{t−1} − 2 θ_t k_tᵀ e_t</c>, weights <c>M_t = (1 − α_t) M_{t−1} + Z_t</c>, read
/// <c>r_t = q_t M_t</c>, output <c>r_t + LN(r_t)</c>; e is the gradient of the inner loss at the chunk's first weights.
/// </summary>
/// <remarks>
/// Behrouz et al., "Titans: Learning to Memorize at Test Time", arXiv:2501.00663, section 3, with the layer-normed reconstruction of v − k as inner
/// loss. Inputs <c>theta</c>, <c>alpha</c> and <c>eta</c> are <c>[B, H, N, 1]</c>.
/// </remarks>
public abstract class TitansMemory(AttentionSettings settings, TitansMemoryOptions options) : FastWeightOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
    [
        .. InputSpec.UnitKeys,
        new("theta", "B H N 1", InputKind.Gate), new("alpha", "B H N 1", InputKind.Gate), new("eta", "B H N 1", InputKind.Gate),
    ];

    /// <inheritdoc />
    protected override int MiniBatch => options.Chunk;

    /// <inheritdoc />
    protected override long WeightSize => 2L * Settings.HeadSize * Settings.HeadSize;

    /// <inheritdoc />
    /// <remarks>Read of keys and queries, one write with momentum, decay of both states.</remarks>
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * shape.Length * 9.0 * shape.HeadSize * shape.HeadSize,
        AttentionCost.InputOutputElements(shape),
        AttentionCost.OutputElements(shape) + (shape.Rows * 4.0 * shape.HeadSize * shape.HeadSize));

    /// <inheritdoc />
    protected override Dictionary<string, Tensor> Initial(AttentionInputs inputs)
    {
        var state = inputs.InitialState?.Tensors;
        return new Dictionary<string, Tensor>
        {
            ["m"] = state?["m"] ?? Zeros(inputs, Settings.HeadSize),
            ["z"] = state?.GetValueOrDefault("z") ?? Zeros(inputs, Settings.HeadSize),
        };
    }

    /// <summary>e of the chunk at its first weights, times −2 θ.</summary>
    protected Tensor Steps(AttentionInputs batch, Tensor memory, Tensor gamma, Tensor delta)
    {
        var (read, target) = (batch.Key.matmul(memory), batch.Value - batch.Key);     // [B, H, L, D]
        var gradient = options.FlaQuirk
            ? InnerLoss.GradientWithFlaQuirk(read, target, gamma, delta)
            : InnerLoss.Gradient(read, target, gamma, delta);
        return Masked(batch, gradient * batch.Required("theta") * -2);
    }

    /// <summary>α and η where padding neither forgets nor moves.</summary>
    protected static (Tensor Keep, Tensor Momentum) Gates(AttentionInputs batch)
    {
        var (keep, momentum) = (1 - batch.Required("alpha"), batch.Required("eta"));  // [B, H, L, 1]
        if (batch.KeyMask is not { } mask)
        {
            return (keep, momentum);
        }

        var padding = mask.logical_not().unsqueeze(1).unsqueeze(-1);
        return (keep.masked_fill(padding, 1), momentum.masked_fill(padding, 0));
    }
}

/// <summary>Titans' memory token by token.</summary>
[Attention("titans-memory/recurrent", AttentionPattern.CausalSelf,
    Title = "Titans memory", Paper = "arXiv:2501.00663", Time = "O(N·D²)", Memory = "O(N·D)", State = "2H·D² and a chunk", Reference = true)]
public sealed class RecurrentTitansMemory(AttentionSettings settings, TitansMemoryOptions options) : TitansMemory(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Dictionary<string, Tensor> Weights) Learn(
        AttentionInputs batch, Dictionary<string, Tensor> weights, Tensor gamma, Tensor delta)
    {
        var (memory, momentum) = (weights["m"], weights["z"]);
        var steps = Steps(batch, memory, gamma, delta);
        var (keep, eta) = Gates(batch);
        var reads = new List<Tensor>();
        for (long t = 0; t < steps.shape[2]; t++)
        {
            var write = batch.Key.narrow(2, t, 1).transpose(-2, -1).matmul(steps.narrow(2, t, 1)); // [B, H, D, D]
            momentum = (eta.narrow(2, t, 1) * momentum) + write;
            memory = (keep.narrow(2, t, 1) * memory) + momentum;
            reads.Add(batch.Query.narrow(2, t, 1).matmul(memory));
        }

        var read = cat(reads, 2);                                                     // [B, H, L, D]
        return (read + InnerLoss.Normalise(read, gamma, delta), new Dictionary<string, Tensor> { ["m"] = memory, ["z"] = momentum });
    }
}

/// <summary>
/// Titans' memory chunk by chunk: inside a chunk both recurrences have scalar coefficients, <c>M_t = β_t M_0 + f_t Z_0 + Σ_j G_tj k_jᵀ s_j</c>.
/// </summary>
[Attention("titans-memory/chunked", AttentionPattern.CausalSelf,
    Title = "Titans memory", Paper = "arXiv:2501.00663", Time = "O(N·D²)", Memory = "O(N·D)", State = "2H·D² and a chunk")]
public sealed class ChunkedTitansMemory(AttentionSettings settings, TitansMemoryOptions options) : TitansMemory(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Dictionary<string, Tensor> Weights) Learn(
        AttentionInputs batch, Dictionary<string, Tensor> weights, Tensor gamma, Tensor delta)
    {
        var (memory, momentum) = (weights["m"], weights["z"]);
        var steps = Steps(batch, memory, gamma, delta);                               // [B, H, L, D]
        var (keep, eta) = Gates(batch);
        var (onMemory, onMomentum) = Coefficients(keep, eta);                         // [B, H, L, L + 2] each
        var count = steps.shape[2];
        var scores = batch.Query.matmul(batch.Key.transpose(-2, -1)) * onMemory.narrow(3, 2, count);
        var read = (batch.Query.matmul(memory) * onMemory.narrow(3, 0, 1))
            + (batch.Query.matmul(momentum) * onMemory.narrow(3, 1, 1))
            + scores.matmul(steps);                                                   // [B, H, L, D]
        var (last, lastMomentum) = (onMemory.narrow(2, count - 1, 1), onMomentum.narrow(2, count - 1, 1)); // [B, H, 1, L + 2]
        Tensor Written(Tensor row) => (batch.Key * row.narrow(3, 2, count).transpose(-2, -1)).transpose(-2, -1).matmul(steps);
        var after = (last.narrow(3, 0, 1) * memory) + (last.narrow(3, 1, 1) * momentum) + Written(last);
        var moved = (lastMomentum.narrow(3, 1, 1) * momentum) + Written(lastMomentum);
        return (read + InnerLoss.Normalise(read, gamma, delta), new Dictionary<string, Tensor> { ["m"] = after, ["z"] = moved });
    }

    /// <summary>Coefficients of M_0, Z_0 and every step in M_t and in Z_t, row by row.</summary>
    private static (Tensor Memory, Tensor Momentum) Coefficients(Tensor keep, Tensor eta)
    {
        var count = keep.shape[2];
        var unit = eye(count + 2, dtype: keep.dtype, device: keep.device).unsqueeze(0).unsqueeze(0); // rows: M_0, Z_0, steps
        var (memory, momentum) = (unit.narrow(2, 0, 1), unit.narrow(2, 1, 1));
        var (memories, momenta) = (new List<Tensor>(), new List<Tensor>());
        for (long t = 0; t < count; t++)
        {
            momentum = (eta.narrow(2, t, 1) * momentum) + unit.narrow(2, t + 2, 1);   // [B, H, 1, L + 2]
            memory = (keep.narrow(2, t, 1) * memory) + momentum;
            memories.Add(memory);
            momenta.Add(momentum);
        }

        return (cat(memories, 2), cat(momenta, 2));
    }
}
