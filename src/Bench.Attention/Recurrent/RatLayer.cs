using System.ComponentModel.DataAnnotations;
using Bench.Attention.Layers;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Recurrent;

/// <summary>Options of RAT.</summary>
public sealed record RatOptions
{
    /// <summary>L: tokens of a chunk; 1 is attention, N is a gated recurrence.</summary>
    [Range(1, 65536)]
    public int ChunkSize { get; set; } = 16;

    /// <summary>Head groups of queries and keys, tiled over the heads.</summary>
    [Range(1, 1024)]
    public int Groups { get; set; } = 2;
}

/// <summary>
/// A gated recurrence inside chunks, softmax attention across them: <c>k̃_t = g ⊙ k̃_{t−1} + (1 − g) ⊙ k</c> (and ṽ) from zero at each chunk; a query
/// attends to the last pair of every earlier chunk and to its own. The residual is included.
/// </summary>
/// <remarks>Wei et al., "RAT: Bridging RNN Efficiency and Attention Accuracy", arXiv:2507.04416, section 3. Positions are chunk indices.</remarks>
[Attention("rat/chunked", AttentionPattern.CausalSelf,
    Title = "RAT", Paper = "arXiv:2507.04416", Time = "O(N²/L·D)", Memory = "O(N²/L)", Reference = true)]
public sealed class RatLayer : AttentionLayer
{
    private readonly RatOptions _options;
    private readonly Linear in_proj;
    private readonly Linear out_proj;
    private readonly RootMeanSquareNorm input_norm;
    private readonly long _grouped;

    /// <summary>Builds the layer; gate biases are log U(1, L − 1).</summary>
    public RatLayer(AttentionSettings settings, RatOptions options)
        : base(settings)
    {
        _options = options;
        long width = settings.ModelSize;
        _grouped = options.Groups * settings.HeadSize;
        in_proj = nn.Linear(width, (3 * width) + (2 * _grouped), hasBias: false);
        out_proj = nn.Linear(width, width, hasBias: false);
        input_norm = new RootMeanSquareNorm(width, 1e-6);
        register_parameter("gate_bias", new Parameter((rand(width) * Math.Max(options.ChunkSize - 2, 0) + 1).log()));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => Settings.Heads % _options.Groups == 0
        ? null
        : $"{Settings.Heads} heads are not a multiple of {_options.Groups} groups";

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var length = inputs.Hidden.shape[1];
        var padding = (_options.ChunkSize - (length % _options.ChunkSize)) % _options.ChunkSize;
        var x = input_norm.forward(nn.functional.pad(inputs.Hidden, [0, 0, 0, padding]));
        long width = Settings.ModelSize;
        var parts = in_proj.forward(x).split([width, width, width, _grouped, _grouped], -1);
        var gate = (parts[2] + get_parameter("gate_bias")!).sigmoid();
        if (inputs.KeyMask is { } mask)
        {
            // Padding leaves the recurrence as it is.
            var real = nn.functional.pad(mask, [0, padding]).unsqueeze(-1);
            gate = gate.masked_fill(real.logical_not(), 1);
        }

        var (key, value) = (Recur(gate, Tiled(parts[4])), Recur(gate, parts[1]));     // [B, chunks, L, C]
        var output = Attend(ChunkHeads(Tiled(parts[3]).unflatten(1, [-1, _options.ChunkSize])), ChunkHeads(key), ChunkHeads(value, rotate: false));
        output = output.permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2);              // [B, N, C]
        return (inputs.Hidden + out_proj.forward(output * parts[0].sigmoid()).narrow(1, 0, length)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double width = Settings.ModelSize, tokens = (double)shape.Batch * shape.Length, summaries = (double)shape.Length / _options.ChunkSize;
        var weights = width * ((4 * width) + (2 * _grouped));
        return new AttentionCost(
            tokens * ((2 * weights) + (2 * width * (summaries + 2)) + (6 * width)),
            (2 * tokens * width) + weights,
            tokens * ((8 * width) + (2 * Settings.Heads * summaries)));
    }

    /// <summary>g ⊙ previous + (1 − g) ⊙ x inside every chunk: <c>[B, N, C]</c> to <c>[B, chunks, L, C]</c>.</summary>
    private Tensor Recur(Tensor gate, Tensor x)
    {
        long chunks = x.shape[1] / _options.ChunkSize;
        Tensor Rows(Tensor tensor) => tensor.unflatten(1, [chunks, _options.ChunkSize]).flatten(0, 1);
        var (g, input) = (Rows(gate), Rows((1 - gate) * x));                          // [B·chunks, L, C]
        return ElementwiseScan.Chunked(g.log(), input, null, _options.ChunkSize).Output.unflatten(0, [-1, chunks]);
    }

    /// <summary>Groups repeated one after the other over the heads.</summary>
    private Tensor Tiled(Tensor grouped) => grouped.repeat(1, 1, Settings.Heads / _options.Groups);

    /// <summary>Heads of chunked rows, turned by the chunk's index: <c>[B, chunks, L, C]</c> to <c>[B, H, chunks, L, D]</c>.</summary>
    private Tensor ChunkHeads(Tensor x, bool rotate = true)
    {
        var heads = x.unflatten(3, [Settings.Heads, -1]).permute(0, 3, 1, 2, 4);      // [B, H, chunks, L, D]
        return rotate
            ? RotaryEmbedding.Half(heads.transpose(2, 3), arange(heads.shape[2])).transpose(2, 3)
            : heads;
    }

    /// <summary>Softmax over the last pair of earlier chunks and the token's own.</summary>
    private Tensor Attend(Tensor query, Tensor key, Tensor value)
    {
        var scaled = query / Math.Sqrt(Settings.HeadSize);                            // [B, H, chunks, L, D]
        var (chunks, last) = (query.shape[2], query.shape[3] - 1);
        var (keys, values) = (key.select(3, last).unsqueeze(2), value.select(3, last).unsqueeze(2)); // [B, H, 1, chunks, D]
        var scores = scaled.matmul(keys.transpose(-2, -1));                           // [B, H, chunks, L, chunks]
        var hidden = ones(chunks, chunks, dtype: ScalarType.Bool, device: query.device).triu().unsqueeze(1);
        var all = cat([scores.masked_fill(hidden, double.NegativeInfinity), (scaled * key).sum(-1, keepdim: true)], -1).softmax(-1);
        return all.narrow(-1, 0, chunks).matmul(values) + (all.narrow(-1, chunks, 1) * value);
    }
}
