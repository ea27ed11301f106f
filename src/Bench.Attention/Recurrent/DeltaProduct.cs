using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of DeltaProduct.</summary>
public sealed record DeltaProductOptions
{
    /// <summary>n: delta steps per token.</summary>
    [Range(1, 16)]
    public int Steps { get; set; } = 2;

    /// <summary>Whether a decay per head comes before the first step of every token.</summary>
    public bool Gated { get; set; } = true;

    /// <summary>Factor on queries; empty means 1/√D.</summary>
    public double? Scale { get; set; }

    /// <summary>Longest chunk of the chunked form, in steps.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// n delta-rule steps per token, <c>S ← S + β_tj k_tjᵀ (v_tj − k_tj S)</c> for j = 1 … n, after one decay; then <c>o_t = q_t S / √D</c>. A product of n
/// Householder-like factors per token; n = 1 is Gated DeltaNet.
/// </summary>
/// <remarks>
/// Siems et al., "DeltaProduct", arXiv:2502.10297, section 3. Computed as a delta rule of length n·N: the decay acts on the first step of a
/// token, and the query reads after the last. Inputs <c>k_next</c> and <c>v_next</c> hold steps 2 … n, <c>beta</c> the strengths of all steps.
/// </remarks>
public abstract class DeltaProduct(AttentionSettings settings, DeltaProductOptions options) : RecurrenceOperator(settings)
{
    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs =>
    [
        .. InputSpec.UnitKeys,
        new("beta", $"B H M {options.Steps}", InputKind.Gate),
        .. options.Steps > 1
            ? [new InputSpec("k_next", $"B K M {options.Steps - 1} D", InputKind.UnitVector), new("v_next", $"B K M {options.Steps - 1} E", InputKind.Normal)]
            : Array.Empty<InputSpec>(),
        .. options.Gated ? [new InputSpec("g", "B H M", InputKind.LogDecay)] : Array.Empty<InputSpec>(),
    ];

    /// <inheritdoc />
    protected override int StateProducts => 3;

    /// <inheritdoc />
    protected override double Scale => options.Scale ?? base.Scale;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var perStep = 4.0 * shape.HeadSize * shape.ValueSize;
        var reads = 2.0 * shape.HeadSize * shape.ValueSize * shape.Length;
        return base.Cost(shape) with { Flops = shape.Rows * (shape.SourceLength * options.Steps * perStep + reads) };
    }

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs)
    {
        var n = options.Steps;
        var (key, value) = (Interleave(inputs.Key, inputs.Optional("k_next")), Interleave(inputs.Value, inputs.Optional("v_next")));
        return new Recurrence(AtStep(inputs.Query, n - 1), key, value)
        {
            Strength = inputs.Required("beta").flatten(2).unsqueeze(-1),              // [B, H, nN, 1]
            LogDecay = options.Gated ? AtStep(inputs.Required("g").unsqueeze(-1), 0) : null,
        };
    }

    /// <inheritdoc />
    protected override RecurrenceResult Run(Recurrence recurrence, RecurrenceForm form)
    {
        var steps = options.Steps;
        var result = base.Run(recurrence, form);
        return result with { Output = result.Output.unflatten(2, [-1, steps]).select(3, steps - 1) }; // [B, H, N, E]
    }

    /// <summary>First steps and the others, token after token: <c>[B, H, N, ·]</c> and <c>[B, H, N, n − 1, ·]</c> to <c>[B, H, nN, ·]</c>.</summary>
    private Tensor Interleave(Tensor first, Tensor? next) => options.Steps == 1 || next is null
        ? first
        : cat([first.unsqueeze(3), next], 3).flatten(2, 3);

    /// <summary>Puts one row per token at a step and zeros at the others: <c>[B, H, N, ·]</c> to <c>[B, H, nN, ·]</c>.</summary>
    private Tensor AtStep(Tensor rows, int step)
    {
        var none = zeros_like(rows);
        return stack(Enumerable.Range(0, options.Steps).Select(j => j == step ? rows : none), 3).flatten(2, 3);
    }
}

/// <summary>DeltaProduct token by token.</summary>
[Attention("delta-product/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "DeltaProduct", Paper = "arXiv:2502.10297", Time = "O(n·N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentDeltaProduct(AttentionSettings settings, DeltaProductOptions options) : DeltaProduct(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>DeltaProduct chunk by chunk.</summary>
[Attention("delta-product/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "DeltaProduct", Paper = "arXiv:2502.10297", Time = "O(n·N·D²)", Memory = "O(n·N·D)", State = "H·D²")]
public sealed class ChunkedDeltaProduct(AttentionSettings settings, DeltaProductOptions options) : DeltaProduct(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>DeltaProduct in one pass with the state in cache.</summary>
[Attention("delta-product/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "DeltaProduct", Paper = "arXiv:2502.10297", Time = "O(n·N·D²)", Memory = "O(n·N·D)", State = "H·D²")]
public sealed class FusedDeltaProduct(AttentionSettings settings, DeltaProductOptions options) : DeltaProduct(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
