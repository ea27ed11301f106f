using System.ComponentModel.DataAnnotations;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.StateSpace;

/// <summary>Options of Mamba.</summary>
public sealed record MambaOptions
{
    /// <summary>n: states per channel.</summary>
    [Range(1, 1024)]
    public int States { get; set; } = 16;

    /// <summary>Inner width as a multiple of the hidden states'.</summary>
    [Range(1, 16)]
    public int Expand { get; set; } = 2;

    /// <summary>K: taps of the convolution.</summary>
    [Range(1, 64)]
    public int Kernel { get; set; } = 4;

    /// <summary>Rank of the time step's projection; 0 means ⌈C/16⌉.</summary>
    [Range(0, 4096)]
    public int Rank { get; set; }

    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// Mamba's block: input projection to x and gate z, causal convolution, SiLU, selective scan with time step, B and C from x, gate, output
/// projection.
/// </summary>
/// <remarks>Gu and Dao, "Mamba", arXiv:2312.00752, section 3.4. Initial A = −(1 … n), D = 1, time steps log-uniform in [1e−3, 1e−1].</remarks>
public abstract class Mamba : AttentionLayer
{
    private readonly Linear in_proj;
    private readonly ShortConvolution conv1d;
    private readonly Linear x_proj;
    private readonly Linear dt_proj;
    private readonly Linear out_proj;
    private readonly int _inner;
    private readonly int _rank;

    /// <summary>Builds the block.</summary>
    protected Mamba(AttentionSettings settings, MambaOptions options)
        : base(settings)
    {
        Options = options;
        _inner = settings.ModelSize * options.Expand;
        _rank = options.Rank > 0 ? options.Rank : (settings.ModelSize + 15) / 16;
        in_proj = nn.Linear(settings.ModelSize, 2 * _inner, hasBias: false);
        conv1d = new ShortConvolution(_inner, options.Kernel, hasBias: true);
        x_proj = nn.Linear(_inner, _rank + (2 * options.States), hasBias: false);
        dt_proj = nn.Linear(_rank, _inner);
        out_proj = nn.Linear(_inner, settings.ModelSize, hasBias: false);
        using (no_grad())
        {
            var bound = Math.Pow(_rank, -0.5);
            nn.init.uniform_(dt_proj.weight!, -bound, bound);
            dt_proj.bias!.copy_(TimeStep.InverseSoftplus(_inner));
        }

        register_parameter("A_log", new Parameter(arange(1, options.States + 1, dtype: ScalarType.Float32).log().expand(_inner, options.States).clone()));
        register_parameter("D", new Parameter(ones(_inner)));
        RegisterComponents();
    }

    /// <summary>The options.</summary>
    protected MambaOptions Options { get; }

    /// <summary>Tokens whose states are held at once; null goes token by token.</summary>
    protected abstract long? Chunk { get; }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Run(inputs, null, Chunk).Output.MoveToOuterDisposeScope();             // [B, N, C]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var state = new TensorState();
        return (Keep(state, inputs, null).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        return Keep(kept, token, kept).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    /// <remarks>n states and the convolution's K − 1 inputs per channel.</remarks>
    public override long StateSize(AttentionShape shape) => (long)_inner * (Options.States + Options.Kernel - 1);

    private Tensor Keep(TensorState kept, LayerInputs inputs, TensorState? before)
    {
        var (output, state, tail) = Run(inputs, before, before is null ? Chunk : null);
        (kept["s"], kept["conv"]) = (state.detach().clone(), tail.detach().clone());
        kept.Position += inputs.Hidden.shape[1];
        return output;
    }

    private (Tensor Output, Tensor State, Tensor Tail) Run(LayerInputs inputs, TensorState? before, long? chunk)
    {
        var hidden = inputs.WithoutPadding(inputs.Hidden);
        var (length, reach) = (hidden.shape[1], Options.Kernel - 1L);
        var halves = in_proj.forward(hidden).chunk(2, -1);                            // [B, N, inner] each
        var window = before is null ? nn.functional.pad(halves[0], [0, 0, reach, 0]) : cat([before["conv"], halves[0]], 1); // [B, K − 1 + N, inner]
        var x = nn.functional.silu(conv1d.forward(window).narrow(1, reach, length));
        var parts = x_proj.forward(x).split([_rank, Options.States, Options.States], -1);
        var delta = nn.functional.softplus(dt_proj.forward(parts[0]), 1, 20);         // [B, N, inner]
        delta = inputs.WithoutPadding(delta);
        var scan = new SelectiveScan(x, delta, -get_parameter("A_log")!.exp(), parts[1].unsqueeze(2), parts[2].unsqueeze(2))
        {
            Skip = get_parameter("D"),
            Gate = halves[1],
            State = before?["s"],
        };
        var (output, state) = scan.Run(chunk);
        return (out_proj.forward(output), state, window.narrow(1, length, reach));
    }

    /// <inheritdoc />
    /// <remarks>Nine operations per channel, state and token beside the projections.</remarks>
    public override AttentionCost Cost(AttentionShape shape)
    {
        double tokens = (double)shape.Batch * shape.Length;
        var weights = parameters().Where(parameter => parameter.dim() == 2).Sum(parameter => (double)parameter.numel());
        return new AttentionCost(
            tokens * ((2 * weights) + (9.0 * _inner * Options.States)),
            (2 * tokens * Settings.ModelSize) + weights,
            (tokens * 6 * _inner) + (shape.Batch * (Chunk ?? 1) * 4.0 * _inner * Options.States));
    }
}

/// <summary>Mamba token by token.</summary>
[Attention("mamba/recurrent", AttentionPattern.CausalSelf,
    Title = "Mamba", Paper = "arXiv:2312.00752", Time = "O(N·E·n)", Memory = "O(N·E)", State = "E·(n + K − 1)", Reference = true)]
public sealed class RecurrentMamba(AttentionSettings settings, MambaOptions options) : Mamba(settings, options)
{
    /// <inheritdoc />
    protected override long? Chunk => null;
}

/// <summary>Mamba chunk by chunk, an associative scan inside.</summary>
[Attention("mamba/chunked", AttentionPattern.CausalSelf,
    Title = "Mamba", Paper = "arXiv:2312.00752", Time = "O(N·E·n·log L)", Memory = "O(N·E)", State = "E·(n + K − 1)")]
public sealed class ChunkedMamba(AttentionSettings settings, MambaOptions options) : Mamba(settings, options)
{
    /// <inheritdoc />
    protected override long? Chunk => Options.Chunk;
}
