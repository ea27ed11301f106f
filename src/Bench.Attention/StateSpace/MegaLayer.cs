using Bench.Attention.Layers;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.StateSpace;

/// <summary>
/// What the forms of Mega share: a moving average carries position, one head of gated attention inside chunks of c tokens carries content.
/// m = EMA(LN(x)); z, r, u, s from m; q, k = γz + β; h = SiLU(s + W_h(attention(q, k, SiLU(W_v LN(x))) ⊙ r)); out = x + u ⊙ (h − x). The
/// residual is included.
/// </summary>
/// <remarks>Ma et al., "Mega: Moving Average Equipped Gated Attention", arXiv:2209.10655, sections 3.2 to 3.4; learned bias by distance.</remarks>
public abstract class MegaLayer : AttentionLayer
{
    private readonly MegaOptions _options;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly int _positions;
    private readonly LayerNorm norm;
    private readonly Linear v_proj;
    private readonly Linear mx_proj;
    private readonly Linear h_proj;
    private readonly Parameter gamma;
    private readonly Parameter beta;
    private readonly Parameter rel_pos_bias;

    /// <summary>Projections and γ normal with deviation 0.02, as the authors start them.</summary>
    protected MegaLayer(AttentionSettings settings, MegaOptions options)
        : base(settings)
    {
        _options = options;
        var model = settings.ModelSize;
        _keySize = options.KeySize > 0 ? options.KeySize : Math.Max(8, model / 2);
        _valueSize = options.Expansion * model;
        _positions = options.Chunk > 0 ? options.Chunk : settings.MaxLength;
        norm = nn.LayerNorm(model);
        move = new DampedMovingAverage(model, options.Modes, bidirectional: !settings.Pattern.IsCausal);
        v_proj = NormalLinear.Create(model, _valueSize);
        mx_proj = NormalLinear.Create(model, _keySize + _valueSize + (2 * model));
        h_proj = NormalLinear.Create(_valueSize, model);
        gamma = new Parameter(randn(2, _keySize) * 0.02);
        beta = new Parameter(zeros(2, _keySize));
        rel_pos_bias = new Parameter(randn((2 * _positions) - 1) * 0.02);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern.IsCausal;

    /// <summary>The moving average; named as the authors' parameter prefix.</summary>
    private protected readonly DampedMovingAverage move;

    /// <summary>The moving average of a whole sequence, <c>[B, N, E]</c> to the same.</summary>
    protected abstract Tensor Average(Tensor x);

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => _options.Chunk == 0 && shape.Length > _positions
        ? $"length {shape.Length} exceeds {nameof(AttentionSettings.MaxLength)} {_positions}, for which the position bias was made"
        : null;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Pass(inputs).Output.MoveToOuterDisposeScope();                                             // [B, N, E]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var (output, averaged, keys, values) = Pass(inputs);
        var length = inputs.Hidden.shape[1];
        var open = Open(length);
        var state = new TensorState { Position = length };
        state["ema"] = move.FinalState(averaged).detach();
        (state["k"], state["v"]) = (keys.narrow(1, length - open, open).detach().clone(), values.narrow(1, length - open, open).detach().clone());
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        var starts = _options.Chunk > 0 && kept.Position % _options.Chunk == 0;
        kept.Position++;
        var normal = norm.forward(token.Hidden);
        var (moved, modes) = move.Recur(normal, kept["ema"]);
        var gates = Gates(moved);
        var value = v_proj.forward(normal).silu();
        var (keys, values) = starts ? (gates.Key, value) : (cat([kept["k"], gates.Key], 1), cat([kept["v"], value], 1));
        var count = keys.shape[1];
        var bias = rel_pos_bias.narrow(0, _positions - count, count);                                     // distances −(count − 1) … 0
        var attended = Weights(gates.Query.matmul(keys.transpose(-2, -1)), bias, ones([1, 1, count], ScalarType.Bool, keys.device)).matmul(values);
        var output = Finish(token.Hidden, gates, attended).MoveToOuterDisposeScope();
        kept["ema"] = modes.detach();
        (kept["k"], kept["v"]) = (keys.detach().clone(), values.detach().clone());
        return output;                                                                                    // [B, 1, E]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes ? move.StateSize + (Open(shape.Length) * (_keySize + _valueSize)) : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, e = Settings.ModelSize, z = _keySize, v = _valueSize, c = _options.Chunk > 0 ? Math.Min(_options.Chunk, n) : n;
        var (whole, rest) = (Math.Floor(n / c), n % c);
        double Pairs(double rows) => Settings.Pattern.IsCausal ? rows * (rows + 1) / 2 : rows * rows;
        var pairs = (whole * Pairs(c)) + Pairs(rest);
        var weights = e * ((2 * e) + z + v + v) + (v * e);
        var directions = Settings.Pattern.IsCausal ? 1 : 2;
        return new AttentionCost(
            shape.Batch * ((n * ((2 * weights) + (directions * 4 * e * _options.Modes))) + (pairs * ((2 * z) + (2 * v) + 5))),
            (shape.Batch * 2 * n * e) + weights,
            shape.Batch * n * ((6 * e) + (2 * z) + (3 * v) + (3 * c)));
    }

    /// <summary>Tokens of the chunk that is not over after so many tokens.</summary>
    private long Open(long length) => _options.Chunk > 0 ? ((length - 1) % _options.Chunk) + 1 : length;

    private (Tensor Output, Tensor Averaged, Tensor Keys, Tensor Values) Pass(LayerInputs inputs)
    {
        var (hidden, length) = (inputs.Hidden, inputs.Hidden.shape[1]);
        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, hidden.device);
        var normal = norm.forward(hidden).masked_fill(mask.logical_not().unsqueeze(-1), 0);
        var gates = Gates(Average(normal));
        var values = v_proj.forward(normal).silu();                                                       // [B, N, V]
        var size = _options.Chunk > 0 ? Math.Min(_options.Chunk, length) : length;
        var after = ((length + size - 1) / size * size) - length;
        Tensor Chunks(Tensor rows) => nn.functional.pad(rows, [0, 0, 0, after]).unflatten(1, [-1, size]); // [B, n, c, ·]

        var row = arange(size, device: hidden.device).unsqueeze(1);
        var column = arange(size, device: hidden.device);
        var visible = nn.functional.pad(mask, [0, after]).unflatten(1, [-1, size]).unsqueeze(2);          // [B, n, 1, c]
        visible = Settings.Pattern.IsCausal ? visible.logical_and(column.le(row)) : visible.expand(-1, -1, size, -1);
        var bias = rel_pos_bias.index_select(0, (column - row + _positions - 1).flatten()).view(size, size);
        var weights = Weights(Chunks(gates.Query).matmul(Chunks(gates.Key).transpose(-2, -1)), bias, visible); // [B, n, c, c]
        var attended = weights.matmul(Chunks(values)).flatten(1, 2).narrow(1, 0, length);                 // [B, N, V]
        return (Finish(hidden, gates, attended), normal, gates.Key, values);
    }

    /// <summary>What the chosen activation makes of scores q kᵀ and the bias; zero where hidden.</summary>
    private Tensor Weights(Tensor scores, Tensor bias, Tensor visible)
    {
        if (_options.Activation == MegaActivation.Softmax)
        {
            return MaskedSoftmax.Of((scores / Math.Sqrt(_keySize)) + bias, visible);
        }

        var means = (scores / visible.sum(-1, keepdim: true).clamp(min: 1).to(scores.dtype)) + bias;
        var active = _options.Activation == MegaActivation.SquaredRelu
            ? nn.functional.relu(means).square()
            : (((means - Math.Sqrt(0.5)) / Math.Sqrt(0.5 / Math.PI)).erf() + 1) / 2;
        return active.masked_fill(visible.logical_not(), 0);
    }

    private GatedParts Gates(Tensor moved)
    {
        var parts = mx_proj.forward(moved).split([Settings.ModelSize, _keySize, _valueSize, Settings.ModelSize], -1);
        var shared = parts[1].silu();
        Tensor Turned(int row) => (shared * gamma.select(0, row)) + beta.select(0, row);
        return new GatedParts(parts[0].sigmoid(), Turned(0), Turned(1), parts[2].silu(), parts[3]);
    }

    private Tensor Finish(Tensor hidden, GatedParts gates, Tensor attended)
    {
        var candidate = (gates.Skip + h_proj.forward(attended * gates.Reset)).silu();
        return hidden + (gates.Update * (candidate - hidden));
    }

    /// <summary>u, q, k, r and s of every token.</summary>
    private sealed record GatedParts(Tensor Update, Tensor Query, Tensor Key, Tensor Reset, Tensor Skip);
}

/// <summary>Mega with its moving average token by token.</summary>
[Attention("mega/recurrent", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Mega", Paper = "arXiv:2209.10655", Time = "O(N·(E·n + c·E))", Memory = "O(N·(E·n + c))", State = "E·n + c·(Z + V)", Reference = true)]
public sealed class RecurrentMega(AttentionSettings settings, MegaOptions options) : MegaLayer(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Average(Tensor x) => move.Recur(x, null).Output;
}

/// <summary>Mega with its moving average by Fourier transform.</summary>
[Attention("mega/fft", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Mega", Paper = "arXiv:2209.10655", Time = "O(N·(E·log N + c·E))", Memory = "O(N·(E + c))", State = "E·n + c·(Z + V)")]
public sealed class FourierMega(AttentionSettings settings, MegaOptions options) : MegaLayer(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Average(Tensor x) => move.Convolve(x);
}
