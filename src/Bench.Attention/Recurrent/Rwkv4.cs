using System.ComponentModel.DataAnnotations;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of RWKV-4.</summary>
public sealed record Rwkv4Options
{
    /// <summary>Longest chunk of the chunked form.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 64;
}

/// <summary>
/// RWKV-4's time mixing: <c>wkv_t = (Σ_{i &lt; t} e^{k_i − (t−1−i) w} v_i + e^{u + k_t} v_t) / (Σ_{i &lt; t} e^{k_i − (t−1−i) w} + e^{u + k_t})</c> per channel, output
/// <c>W_o (σ(r_t) ⊙ wkv_t)</c>; r, k, v are projections of the token mixed with the one before it.
/// </summary>
/// <remarks>
/// Peng et al., "RWKV: Reinventing RNNs for the Transformer Era", arXiv:2305.13048, section 3. The state is kept as a weighted mean m and the
/// logarithm a of its weight, so that no exponential overflows: <c>wkv_t = m + σ(u + k_t − a)(v_t − m)</c>, then
/// <c>m ← m + σ(k_t − a + w)(v_t − m)</c> and <c>a ← log(e^{a − w} + e^{k_t})</c>. Decay <c>w = exp(time_decay)</c>.
/// </remarks>
public abstract class Rwkv4 : AttentionLayer
{
    // A log-weight that no sum notices and whose differences stay finite.
    private const double Nothing = -1e4;

    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear receptance;
    private readonly Linear output;

    /// <summary>Builds the layer; decays spread over the channels, mixing in equal parts.</summary>
    protected Rwkv4(AttentionSettings settings, Rwkv4Options options)
        : base(settings)
    {
        Options = options;
        long width = settings.ModelSize;
        key = nn.Linear(width, width, hasBias: false);
        value = nn.Linear(width, width, hasBias: false);
        receptance = nn.Linear(width, width, hasBias: false);
        output = nn.Linear(width, width, hasBias: false);
        var share = arange(width, dtype: ScalarType.Float32) / Math.Max(1, width - 1);
        register_parameter("time_decay", new Parameter(-5 + (8 * share.pow(0.7))));
        register_parameter("time_first", new Parameter(full([width], Math.Log(0.3)) + (((arange(width) + 1).remainder(3) - 1) * 0.5).to(ScalarType.Float32)));
        foreach (var name in new[] { "time_mix_k", "time_mix_v", "time_mix_r" })
        {
            register_parameter(name, new Parameter(full([1, 1, width], 0.5)));
        }

        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <summary>The options.</summary>
    protected Rwkv4Options Options { get; }

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
    /// <remarks>Mean, log-weight and the last token.</remarks>
    public override long StateSize(AttentionShape shape) => 3L * Settings.ModelSize;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double tokens = (double)shape.Batch * shape.Length, width = Settings.ModelSize, weights = 4 * width * width;
        return new AttentionCost(tokens * ((2 * weights) + (14 * width)), (2 * tokens * width) + weights, tokens * 8 * width);
    }

    /// <summary>Weighted means after every token.</summary>
    /// <param name="logDecay">How much of the old mean stays, as a logarithm, <c>[B, N, C]</c>.</param>
    /// <param name="input">What the token adds, <c>[B, N, C]</c>.</param>
    /// <param name="initial">Mean before the first token, <c>[B, C]</c>.</param>
    protected abstract (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor initial);

    private Tensor Keep(TensorState kept, LayerInputs inputs, TensorState? before)
    {
        var (given, mean, weight, last) = Run(inputs, before);
        (kept["m"], kept["a"], kept["x"]) = (mean.detach().clone(), weight.detach().clone(), last.detach().clone());
        kept.Position += inputs.Hidden.shape[1];
        return given;
    }

    private (Tensor Output, Tensor Mean, Tensor Weight, Tensor Last) Run(LayerInputs inputs, TensorState? before)
    {
        var x = inputs.WithoutPadding(inputs.Hidden); // [B, N, C]
        var length = x.shape[1];
        var shifted = before is null
            ? nn.functional.pad(x, [0, 0, 1, 0]).narrow(1, 0, length)
            : cat([before["x"], x], 1).narrow(1, 0, length);
        Tensor Mixed(string name) => shifted + ((x - shifted) * get_parameter(name)!);
        var (k, v) = (key.forward(Mixed("time_mix_k")), value.forward(Mixed("time_mix_v")));
        var decay = get_parameter("time_decay")!.exp().expand_as(k);                  // w, [B, N, C]
        if (inputs.KeyMask is { } mask)
        {
            var hidden = mask.logical_not().unsqueeze(-1);
            (k, v, decay) = (k.masked_fill(hidden, Nothing), v.masked_fill(hidden, 0), decay.masked_fill(hidden, 0));
        }

        var initial = before?["a"] ?? full_like(k.select(1, 0), Nothing);             // [B, C]
        var mean = before?["m"] ?? zeros_like(initial);
        var weights = LogWeights(k, decay, initial);                                  // [B, N + 1, C]
        var (old, now) = (weights.narrow(1, 0, length), weights.narrow(1, 1, length));
        var (means, final) = Scan(old - decay - now, (k - now).exp() * v, mean);
        var previous = cat([mean.unsqueeze(1), means.narrow(1, 0, length - 1)], 1);
        var own = (get_parameter("time_first")! + k - old).sigmoid();
        var read = previous + (own * (v - previous));
        var given = output.forward(receptance.forward(Mixed("time_mix_r")).sigmoid() * read);
        return (given, final, weights.select(1, length), x.narrow(1, length - 1, 1));
    }

    /// <summary>a before the first and after every token; sums restart at each chunk, so that N·w never swallows a key.</summary>
    private Tensor LogWeights(Tensor keys, Tensor decay, Tensor initial)
    {
        var parts = new List<Tensor> { initial.unsqueeze(1) };
        for (long start = 0; start < keys.shape[1]; start += Options.Chunk)
        {
            var count = Math.Min(Options.Chunk, keys.shape[1] - start);
            var elapsed = decay.narrow(1, start, count).cumsum(1);                    // [B, L, C]
            var sums = cat([parts[^1].narrow(1, parts[^1].shape[1] - 1, 1), keys.narrow(1, start, count) + elapsed], 1).logcumsumexp(1);
            parts.Add(sums.narrow(1, 1, count) - elapsed);
        }

        return cat(parts, 1);
    }
}

/// <summary>RWKV-4 token by token.</summary>
[Attention("rwkv4/recurrent", AttentionPattern.CausalSelf,
    Title = "RWKV-4", Paper = "arXiv:2305.13048", Time = "O(N·E)", Memory = "O(N·E)", State = "3E", Reference = true)]
public sealed class RecurrentRwkv4(AttentionSettings settings, Rwkv4Options options) : Rwkv4(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor initial) =>
        ElementwiseScan.Recurrent(logDecay, input, initial);
}

/// <summary>RWKV-4 chunk by chunk, an associative scan inside.</summary>
[Attention("rwkv4/chunked", AttentionPattern.CausalSelf,
    Title = "RWKV-4", Paper = "arXiv:2305.13048", Time = "O(N·E·log L)", Memory = "O(N·E)", State = "3E")]
public sealed class ChunkedRwkv4(AttentionSettings settings, Rwkv4Options options) : Rwkv4(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Tensor Final) Scan(Tensor logDecay, Tensor input, Tensor initial) =>
        ElementwiseScan.Chunked(logDecay, input, initial, Options.Chunk);
}
