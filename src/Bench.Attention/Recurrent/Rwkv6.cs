using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of RWKV-6.</summary>
public sealed record Rwkv6Options
{
    /// <summary>Factor on receptances; 1 in the published models.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// <c>o_t = r_t (S_{t−1} + diag(u) k_tᵀ v_t); S_t = diag(e^{g_t}) S_{t−1} + k_tᵀ v_t</c>: the state is read before the write, and the token's own
/// pair comes in with the learned bonus u, <c>[H, D]</c>. The query is the receptance r; <c>g = −exp(d)</c>.
/// </summary>
/// <remarks>Peng et al., "Eagle and Finch", arXiv:2404.05892, section 4.</remarks>
public abstract class Rwkv6 : RecurrenceOperator
{
    private readonly Rwkv6Options _options;
    private readonly TorchSharp.Modules.Parameter _bonus;

    /// <summary>Builds the operator with a bonus of 0.5 on every channel.</summary>
    protected Rwkv6(AttentionSettings settings, Rwkv6Options options)
        : base(settings)
    {
        _options = options;
        _bonus = new TorchSharp.Modules.Parameter(full([settings.Heads, settings.HeadSize], 0.5));
        register_parameter("u", _bonus);
    }

    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.Plain, new("g", "B H M D", InputKind.LogDecay)];

    /// <inheritdoc />
    protected override double Scale => _options.Scale;

    /// <inheritdoc />
    protected override Recurrence Terms(AttentionInputs inputs) =>
        new(inputs.Query, inputs.Key, inputs.Value) { LogDecay = inputs.Required("g"), Bonus = inputs.Optional("u") ?? _bonus };
}

/// <summary>RWKV-6 token by token.</summary>
[Attention("rwkv6/recurrent", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-6", Paper = "arXiv:2404.05892", Time = "O(N·D²)", Memory = "O(D²)", State = "H·D²", Reference = true)]
public sealed class RecurrentRwkv6(AttentionSettings settings, Rwkv6Options options) : Rwkv6(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => TokenForm.Instance;
}

/// <summary>RWKV-6 as one masked product.</summary>
[Attention("rwkv6/parallel", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-6", Paper = "arXiv:2404.05892", Time = "O(N²·D)", Memory = "O(N²)", State = "H·D²")]
public sealed class ParallelRwkv6(AttentionSettings settings, Rwkv6Options options) : Rwkv6(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => ParallelForm.Instance;
}

/// <summary>RWKV-6 chunk by chunk.</summary>
[Attention("rwkv6/chunked", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-6", Paper = "arXiv:2404.05892", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class ChunkedRwkv6(AttentionSettings settings, Rwkv6Options options) : Rwkv6(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form { get; } = new ChunkedForm(options.Chunk);
}

/// <summary>RWKV-6 in one pass with the state in cache.</summary>
[Attention("rwkv6/fused", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "RWKV-6", Paper = "arXiv:2404.05892", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·D²")]
public sealed class FusedRwkv6(AttentionSettings settings, Rwkv6Options options) : Rwkv6(settings, options)
{
    /// <inheritdoc />
    protected override RecurrenceForm Form => FusedForm.Instance;
}
