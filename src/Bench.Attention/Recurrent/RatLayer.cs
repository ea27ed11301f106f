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
    Title = "RAT", Paper = "arXiv:2507.04416", Time = "O(N²/L·D)", Memory = "O(N²/L)", State = "2E·(N/L + 1)", Reference = true)]
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
        var parts = Parts(Padded(inputs.Hidden));
        var (key, value) = GatedPairs(inputs.Hidden, inputs.KeyMask, parts);
        var output = Attend(ChunkHeads(parts.Query.unflatten(1, [-1, _options.ChunkSize])), ChunkHeads(key), ChunkHeads(value, rotate: false));
        output = output.permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2);              // [B, N, C]
        return (inputs.Hidden + out_proj.forward(output * parts.OutputGate).narrow(1, 0, length)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var state = new RatState();
        var length = inputs.Hidden.shape[1];
        var (key, value) = GatedPairs(inputs.Hidden, null, null);                     // [B, chunks, L, C]
        var whole = length / _options.ChunkSize;
        if (whole > 0)
        {
            state.Summaries.Append(Last(ChunkHeads(key.narrow(1, 0, whole))).detach(), Last(ChunkHeads(value.narrow(1, 0, whole), rotate: false)).detach());
        }

        var rest = length % _options.ChunkSize;
        Tensor Running(Tensor pairs) => rest == 0 ? zeros_like(pairs.select(1, 0).narrow(1, 0, 1)) : pairs.select(1, whole).narrow(1, rest - 1, 1);
        state.Keep(Running(key), Running(value));
        state.Position = length;
        return (forward(inputs).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (RatState)state;
        var parts = Parts(token.Hidden);
        var gate = parts.Gate;                                                        // [B, 1, C]
        var (key, value) = ((gate * kept.Key) + ((1 - gate) * parts.Key), (gate * kept.Value) + ((1 - gate) * parts.Value));
        var chunk = kept.Position / _options.ChunkSize;
        Tensor Heads(Tensor x, bool rotate)
        {
            var heads = x.unflatten(2, [Settings.Heads, -1]).transpose(1, 2);         // [B, H, 1, D]
            return rotate ? RotaryEmbedding.Half(heads, chunk) : heads;
        }

        var (query, own, given) = (Heads(parts.Query, true) / Math.Sqrt(Settings.HeadSize), Heads(key, true), Heads(value, false));
        var isFirst = kept.Summaries.Count == 0;
        var (keys, values) = isFirst ? (own, given) : (cat([kept.Summaries.Keys, own], 2), cat([kept.Summaries.Values, given], 2));
        var output = query.matmul(keys.transpose(-2, -1)).softmax(-1).matmul(values).transpose(1, 2).flatten(2); // [B, 1, C]
        kept.Position++;
        var isLast = kept.Position % _options.ChunkSize == 0;
        if (isLast)
        {
            kept.Summaries.Append(own.detach(), given.detach());
        }

        kept.Keep(isLast ? zeros_like(key) : key, isLast ? zeros_like(value) : value);
        return (token.Hidden + out_proj.forward(output * parts.OutputGate)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => 2L * Settings.ModelSize * (1 + (shape.Length / _options.ChunkSize));

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

    /// <summary>What the input projection gives, query and key heads tiled; <c>[B, N, C]</c> each.</summary>
    private RatParts Parts(Tensor hidden)
    {
        long width = Settings.ModelSize;
        var parts = in_proj.forward(input_norm.forward(hidden)).split([width, width, width, _grouped, _grouped], -1);
        return new RatParts(Tiled(parts[3]), Tiled(parts[4]), parts[1], (parts[2] + get_parameter("gate_bias")!).sigmoid(), parts[0].sigmoid());
    }

    /// <summary>Whole chunks, zeros past the end.</summary>
    private Tensor Padded(Tensor hidden) => nn.functional.pad(hidden, [0, 0, 0, Missing(hidden.shape[1])]);

    private long Missing(long length) => (_options.ChunkSize - (length % _options.ChunkSize)) % _options.ChunkSize;

    /// <summary>k̃ and ṽ of every token, <c>[B, chunks, L, C]</c>.</summary>
    private (Tensor Key, Tensor Value) GatedPairs(Tensor hidden, Tensor? mask, RatParts? given)
    {
        var parts = given ?? Parts(Padded(hidden));
        // Padding leaves the recurrence as it is.
        var gate = mask is null
            ? parts.Gate
            : parts.Gate.masked_fill(nn.functional.pad(mask, [0, Missing(hidden.shape[1])]).unsqueeze(-1).logical_not(), 1);
        return (Recur(gate, parts.Key), Recur(gate, parts.Value));
    }

    /// <summary>The last token of every chunk: <c>[B, H, chunks, L, D]</c> to <c>[B, H, chunks, D]</c>.</summary>
    private static Tensor Last(Tensor heads) => heads.select(3, heads.shape[3] - 1);

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

    /// <summary>Projections of hidden states.</summary>
    private sealed record RatParts(Tensor Query, Tensor Key, Tensor Value, Tensor Gate, Tensor OutputGate);
}
