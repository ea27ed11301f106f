using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of PaTH attention.</summary>
public sealed record PathAttentionOptions
{
    /// <summary>Factor on logits; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Whether a forget gate adds G_i − G_j to the logits; needs the input <c>g</c>.</summary>
    public bool Gated { get; set; }

    /// <summary>Multiply the gate's term by the scale as well, as flash-linear-attention's kernel and reference do.</summary>
    public bool FlaScaledGate { get; set; }
}

/// <summary>
/// Softmax attention with data-dependent positions: <c>logit_ij = scale · q_i H_i H_{i−1} … H_{j+1} k_j</c>, <c>H_t = I − β_t w_tᵀ w_t</c>, w of length 1.
/// </summary>
/// <remarks>Yang et al., "PaTH Attention", arXiv:2505.16381, section 3. Inputs <c>w</c> and <c>beta</c> belong to key heads, <c>g</c> to query heads.</remarks>
public abstract class PathAttention(AttentionSettings settings, PathAttentionOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
    [
        .. InputSpec.Plain, new("w", "B K M D", InputKind.UnitVector), new("beta", "B K M", InputKind.Gate),
        .. options.Gated ? [new InputSpec("g", "B H N", InputKind.LogDecay)] : Array.Empty<InputSpec>(),
    ];

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var scale = options.Scale ?? 1 / Math.Sqrt(Settings.HeadSize);
        var strength = Expand(inputs.Required("beta")).unsqueeze(-1);                 // [B, H, N, 1]
        if (inputs.KeyMask is { } padding)
        {
            // Padding turns nothing.
            strength = strength.masked_fill(padding.logical_not().unsqueeze(1).unsqueeze(-1), 0);
        }

        var logits = Logits(inputs.Query, Expand(inputs.Key), Expand(inputs.Required("w")), strength) * scale; // [B, H, N, N]
        if (options.Gated)
        {
            var gate = inputs.Required("g");
            gate = inputs.KeyMask is { } masked ? gate.masked_fill(masked.logical_not().unsqueeze(1), 0) : gate;
            var sum = gate.cumsum(2).unsqueeze(-1);
            logits = logits + ((sum - sum.transpose(-2, -1)) * (options.FlaScaledGate ? scale : 1));
        }

        var seen = ones(logits.shape[2], logits.shape[2], dtype: ScalarType.Bool, device: logits.device).tril();
        // A padded row sees itself, so that no softmax is empty.
        seen = inputs.KeyMask is { } mask
            ? seen.logical_and(mask.unsqueeze(1).unsqueeze(1)).logical_or(eye(logits.shape[2], dtype: ScalarType.Bool, device: logits.device))
            : seen;
        var weights = logits.masked_fill(seen.logical_not(), double.NegativeInfinity).softmax(-1);
        return weights.matmul(Expand(inputs.Value)).MoveToOuterDisposeScope();        // [B, H, N, E]
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    /// <remarks>Kept keys are those that the newest query sees: reflected at every token after them, and with a gate a column G_now − G_j.</remarks>
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (key, direction) = (Expand(inputs.Key).clone(), Expand(inputs.Required("w")));
        var strength = Expand(inputs.Required("beta")).unsqueeze(-1);                 // [B, H, N, 1]
        for (long t = 1; t < key.shape[2]; t++)
        {
            using var inner = NewDisposeScope();
            Reflect(key.narrow(2, 0, t), direction.narrow(2, t, 1), strength.narrow(2, t, 1));
        }

        if (options.Gated)
        {
            var sum = inputs.Required("g").cumsum(2).unsqueeze(-1);
            key = cat([key, sum.narrow(2, sum.shape[2] - 1, 1) - sum], -1);
        }

        var state = new KeyValueState();
        state.Append(key, Expand(inputs.Value));
        return (forward(inputs).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var (kept, key) = ((KeyValueState)state, Expand(token.Key));                  // [B, H, 1, D]
        var scale = options.Scale ?? 1 / Math.Sqrt(Settings.HeadSize);
        using (no_grad())
        {
            Reflect(kept.Keys.narrow(3, 0, Settings.HeadSize), Expand(token.Required("w")), Expand(token.Required("beta")).unsqueeze(-1));
            if (options.Gated)
            {
                kept.Keys.narrow(3, Settings.HeadSize, 1).add_(token.Required("g").unsqueeze(-1));
            }
        }

        var one = ones_like(token.Query.narrow(3, 0, 1));
        kept.Append((options.Gated ? cat([key, zeros_like(one)], -1) : key).detach(), Expand(token.Value).detach());
        var query = options.Gated ? cat([token.Query * scale, one * (options.FlaScaledGate ? scale : 1)], -1) : token.Query * scale;
        return query.matmul(kept.Keys.transpose(-2, -1)).softmax(-1).matmul(kept.Values).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        (long)Settings.Heads * shape.Length * (Settings.HeadSize + Settings.ValueSize + (options.Gated ? 1 : 0));

    /// <summary>k ← (I − β wᵀ w) k in place.</summary>
    private static void Reflect(Tensor keys, Tensor direction, Tensor strength) =>
        keys.sub_(keys.matmul(direction.transpose(-2, -1)) * strength * direction);

    /// <inheritdoc />
    /// <remarks>Per visible pair: one more product and one more update of the query than softmax.</remarks>
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * shape.DensePairs * ((6.0 * shape.HeadSize) + (2.0 * shape.ValueSize) + 5),
        AttentionCost.InputOutputElements(shape) + (shape.Rows * shape.Length * (shape.HeadSize + 1.0)),
        shape.Rows * 4.0 * shape.Length * shape.Length);

    /// <summary>Unscaled logits of the lower triangle, <c>[B, H, N, N]</c>; what stands above it is ignored.</summary>
    protected abstract Tensor Logits(Tensor query, Tensor key, Tensor direction, Tensor strength);

    private Tensor Expand(Tensor heads) =>
        heads.shape[1] == Settings.Heads ? heads : heads.repeat_interleave(Settings.Heads / heads.shape[1], 1);
}

/// <summary>PaTH attention as it is written: every query walks back through its keys, reflected at each.</summary>
[Attention("path-attention/recurrent", AttentionPattern.CausalSelf,
    Title = "PaTH attention", Paper = "arXiv:2505.16381", Time = "O(N²·D)", Memory = "O(N²)", State = "2H·N·D", Reference = true)]
public sealed class RecurrentPathAttention(AttentionSettings settings, PathAttentionOptions options) : PathAttention(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Logits(Tensor query, Tensor key, Tensor direction, Tensor strength)
    {
        var length = query.shape[2];
        var columns = new List<Tensor>();
        var walked = query;                                                           // rows i ≥ δ, each δ steps back from i
        for (long back = 0; back < length; back++)
        {
            var (k, w, beta) = (key.narrow(2, 0, length - back), direction.narrow(2, 0, length - back), strength.narrow(2, 0, length - back));
            var logit = (walked * k).sum(-1);                                         // [B, H, N − δ]
            columns.Add(nn.functional.pad(logit, [back, 0]));
            walked = walked - (beta * (walked * w).sum(-1, keepdim: true) * w);
            walked = walked.narrow(2, 1, length - back - 1);
        }

        var byDistance = stack(columns, -1);                                          // [B, H, N, δ]
        var distance = (arange(length).unsqueeze(1) - arange(length).unsqueeze(0)).clamp(min: 0).to(query.device); // [N, N]
        return byDistance.gather(3, distance.expand(query.shape[0], query.shape[1], length, length));
    }
}

/// <summary>
/// PaTH attention as matrix products and one unit-triangular solve: <c>q kᵀ − tril(q wᵀ) T tril(w kᵀ, −1)</c> with
/// <c>T = (I + tril(diag(β) w wᵀ, −1))⁻¹ diag(β)</c>.
/// </summary>
[Attention("path-attention/parallel", AttentionPattern.CausalSelf,
    Title = "PaTH attention", Paper = "arXiv:2505.16381", Time = "O(N³)", Memory = "O(N²)", State = "2H·N·D")]
public sealed class ParallelPathAttention(AttentionSettings settings, PathAttentionOptions options) : PathAttention(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Logits(Tensor query, Tensor key, Tensor direction, Tensor strength)
    {
        var turned = direction.transpose(-2, -1);                                     // [B, H, D, N]
        var unit = eye(query.shape[2], dtype: query.dtype, device: query.device);
        var lower = (strength * direction.matmul(turned)).tril(-1) + unit;
        var written = strength * direction.matmul(key.transpose(-2, -1)).tril(-1);    // [B, H, N, N]
        var solved = linalg.solve_triangular(lower, written, upper: false, left: true, unitriangular: true);
        return query.matmul(key.transpose(-2, -1)) - query.matmul(turned).tril().matmul(solved);
    }
}
