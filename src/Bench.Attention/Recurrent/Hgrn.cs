using System.ComponentModel.DataAnnotations;
using Bench.Attention.Layers;
using Bench.Attention.Primitives;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of HGRN.</summary>
public sealed record HgrnOptions
{
    /// <summary>Width of the recurrence as a multiple of the hidden states'.</summary>
    [Range(1, 16)]
    public int Expand { get; set; } = 1;

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// A gated recurrence of single channels: <c>f = lb + (1 − lb) σ(W_f x)</c>, <c>h_t = f_t h_{t−1} + (1 − f_t) silu(W_i x)</c>, output
/// <c>W_o (RMSNorm(h) ⊙ silu(W_g x))</c>.
/// </summary>
/// <remarks>
/// Qin et al., "Hierarchically Gated Recurrent Neural Network for Sequence Modeling", NeurIPS 2023 (arXiv:2311.04823). The lower bound lb is the
/// named input <c>lower_bound</c>, <c>[width]</c>; absent in the first layer.
/// </remarks>
public abstract class Hgrn : AttentionLayer
{
    private readonly Linear i_proj;
    private readonly Linear f_proj;
    private readonly Linear g_proj;
    private readonly Linear o_proj;
    private readonly RootMeanSquareNorm g_norm;
    private readonly int _width;

    /// <summary>Builds the layer.</summary>
    protected Hgrn(AttentionSettings settings, HgrnOptions options)
        : base(settings)
    {
        Options = options;
        _width = settings.ModelSize * options.Expand;
        i_proj = nn.Linear(settings.ModelSize, _width, hasBias: false);
        f_proj = nn.Linear(settings.ModelSize, _width, hasBias: false);
        g_proj = nn.Linear(settings.ModelSize, _width, hasBias: false);
        o_proj = nn.Linear(_width, settings.ModelSize, hasBias: false);
        g_norm = new RootMeanSquareNorm(_width, 1e-5);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <summary>The options.</summary>
    protected HgrnOptions Options { get; }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Run(inputs, null).Output.MoveToOuterDisposeScope();                    // [B, N, C]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (output, state) = Run(inputs, null);
        return (output.MoveToOuterDisposeScope(), new TensorState { ["h"] = state.detach().clone(), Position = inputs.Hidden.shape[1] });
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var (output, after) = Run(token, kept["h"]);
        kept["h"] = after.detach().clone();
        kept.Position++;
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => _width;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double tokens = (double)shape.Batch * shape.Length, weights = 4.0 * Settings.ModelSize * _width;
        return new AttentionCost(tokens * ((2 * weights) + (3 * _width)), (2 * tokens * Settings.ModelSize) + weights, tokens * 5 * _width);
    }

    /// <summary>Scans gated inputs <c>[B, N, width]</c>.</summary>
    public abstract (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor? initial);

    private (Tensor Output, Tensor State) Run(LayerInputs inputs, Tensor? initial)
    {
        var x = inputs.Hidden;                                                        // [B, N, C]
        var decay = Hgrn2Layer.BoundedLogSigmoid(f_proj.forward(x), inputs.Named.GetValueOrDefault("lower_bound"));
        var input = nn.functional.silu(i_proj.forward(x)) * (1 - decay.exp());        // [B, N, width]
        if (inputs.KeyMask is { } mask)
        {
            var padding = mask.logical_not().unsqueeze(-1);
            (decay, input) = (decay.masked_fill(padding, 0), input.masked_fill(padding, 0));
        }

        var (states, final) = Scan(decay, input, initial);
        return (o_proj.forward(g_norm.forward(states) * nn.functional.silu(g_proj.forward(x))), final);
    }
}

/// <summary>HGRN token by token.</summary>
[Attention("hgrn/recurrent", AttentionPattern.CausalSelf,
    Title = "HGRN", Paper = "arXiv:2311.04823", Time = "O(N·E)", Memory = "O(N·E)", State = "E", Reference = true)]
public sealed class RecurrentHgrn(AttentionSettings settings, HgrnOptions options) : Hgrn(settings, options)
{
    /// <inheritdoc />
    public override (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor? initial) =>
        ElementwiseScan.Recurrent(logDecay, input, initial);
}

/// <summary>HGRN chunk by chunk.</summary>
[Attention("hgrn/chunked", AttentionPattern.CausalSelf,
    Title = "HGRN", Paper = "arXiv:2311.04823", Time = "O(N·E·log L)", Memory = "O(N·E)", State = "E")]
public sealed class ChunkedHgrn(AttentionSettings settings, HgrnOptions options) : Hgrn(settings, options)
{
    /// <inheritdoc />
    public override (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor? initial) =>
        ElementwiseScan.Chunked(logDecay, input, initial, Options.Chunk);
}

/// <summary>HGRN in one pass over the tokens in vector instructions.</summary>
[Attention("hgrn/fused", AttentionPattern.CausalSelf,
    Title = "HGRN", Paper = "arXiv:2311.04823", Time = "O(N·E)", Memory = "O(N·E)", State = "E")]
public sealed class FusedHgrn(AttentionSettings settings, HgrnOptions options) : Hgrn(settings, options)
{
    /// <inheritdoc />
    public override (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor? initial) =>
        FusedElementwiseScan.Run(logDecay, input, initial, Options.Chunk);
}
