using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// What the forms of cosFormer share: linear attention with relu features re-weighted by cos(θ_i − θ_j), θ_j = π j / 2m'. O(N·D²) time and O(D²) memory beyond features.
/// m' is the longer of both sequences, as in CAB; the causal extensions take m' = <see cref="AttentionSettings.MaxLength"/>, since an output
/// that depends on the length depends on the future.
/// </summary>
/// <remarks>Qin et al., "cosFormer", arXiv:2202.08791, section 3.</remarks>
public abstract class CosFormerAttention(AttentionSettings settings, CosFormerOptions options) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern.IsCausal;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs, null, null, 0).Output.MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var state = new TensorState { Position = inputs.Query.shape[2] };
        var (output, sums, normaliser) = Attend(inputs, null, null, 0);
        (state["kv"], state["z"]) = (sums.detach(), normaliser.detach());
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        Tensor output;
        if (Settings.Pattern.IsCross)
        {
            var query = Features(token.Query, kept.Position, Horizon(token));
            output = Divide(query.matmul(kept["kv"]), query.matmul(kept["z"]));
        }
        else
        {
            (output, var sums, var normaliser) = Attend(token, kept["kv"], kept["z"], kept.Position);
            output = output.MoveToOuterDisposeScope();
            (kept["kv"], kept["z"]) = (sums.detach(), normaliser.detach());
        }

        kept.Position++;
        return output.MoveToOuterDisposeScope(); // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes ? 2L * Settings.Heads * Settings.HeadSize * (Settings.ValueSize + 1) : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, d = 2.0 * shape.HeadSize, e = shape.ValueSize;
        return new AttentionCost(
            shape.Rows * ((n + m) * 3 * shape.HeadSize + m * d * (2 * e + 1) + n * (d * (2 * e + 2) + e)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * ((n + m) * d + d * (e + 1) + n * e));
    }

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) =>
        Settings.Pattern.IsCausal && Math.Max(shape.Length, shape.SourceLength) > Settings.MaxLength
            ? $"length {Math.Max(shape.Length, shape.SourceLength)} exceeds {nameof(AttentionSettings.MaxLength)} {Settings.MaxLength}, which scales the positions"
            : null;

    /// <summary>q_i · (S_0 + Σ over j ≤ i of k_jᵀ v_j): the output <c>[B, H, N, Dv + 1]</c> and the sum after the last token.</summary>
    protected abstract (Tensor Output, Tensor State) Causal(Tensor query, Tensor key, Tensor value, Tensor? before);

    private (Tensor Output, Tensor Sums, Tensor Normaliser) Attend(AttentionInputs inputs, Tensor? sums, Tensor? normaliser, long position)
    {
        var horizon = Horizon(inputs);
        var (query, key) = (Features(inputs.Query, position, horizon), Features(inputs.Key, position, horizon)); // [B, H, N, 2D], [B, H, M, 2D]
        if (inputs.KeyMask is { } mask)
        {
            key = key * mask.to(key.dtype)[.., TensorIndex.None, .., TensorIndex.None];
        }

        var values = cat([inputs.Value, ones_like(inputs.Value.narrow(3, 0, 1))], 3);                             // [B, H, M, Dv + 1]
        var before = sums is null ? null : cat([sums, normaliser!], 3);
        Tensor weighted, after;
        if (Settings.Pattern == AttentionPattern.CausalSelf)
        {
            (weighted, after) = Causal(query, key, values, before);
        }
        else
        {
            after = key.transpose(-2, -1).matmul(values);                                                        // [B, H, 2D, Dv + 1]
            weighted = query.matmul(after);
        }

        long size = Settings.ValueSize;
        return (Divide(weighted.narrow(3, 0, size), weighted.narrow(3, size, 1)), after.narrow(3, 0, size).clone(), after.narrow(3, size, 1).clone());
    }

    private Tensor Divide(Tensor sum, Tensor normaliser) => sum / normaliser.clamp(min: options.Epsilon);

    private long Horizon(AttentionInputs inputs) =>
        Settings.Pattern.IsCausal ? Settings.MaxLength : Math.Max(inputs.Query.shape[2], inputs.Key.shape[2]);

    /// <summary>[relu(x) sin θ ; relu(x) cos θ], the angles in float32 whatever the inputs, as the authors compute them.</summary>
    private static Tensor Features(Tensor rows, long position, long horizon)
    {
        var positions = arange(1 + position, 1 + position + rows.shape[2], dtype: ScalarType.Float32, device: rows.device).unsqueeze(-1);
        var angles = (float)(Math.PI / 2) * positions / horizon;                                                // [N, 1]
        var activated = nn.functional.relu(rows);
        return cat([activated * angles.sin().to(rows.dtype), activated * angles.cos().to(rows.dtype)], -1);      // [B, H, N, 2D]
    }
}
