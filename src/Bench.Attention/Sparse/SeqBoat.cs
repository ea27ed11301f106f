using Bench.Attention.Layers;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What the forms of SeqBoat, sparse modular activation, share: a moving average of every token, and gated attention among those tokens only that a
/// router activates, over a window that counts activated tokens. m = EMA(LN(x)), [u, s] = W m; active where the second of softmax(u/τ) is the larger, p
/// that share; out = SiLU(s + p·W_h(attention ⊙ r) + x).
/// </summary>
/// <remarks>Ren et al., "Sparse Modular Activation for Efficient Sequence Modeling", arXiv:2306.11197, sections 3 and 4. The router learns through p
/// alone. Residual and norm are included.</remarks>
public abstract class SeqBoat : AttentionLayer
{
    private readonly SeqBoatOptions _options;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly int _positions;
    private readonly DampedMovingAverage ssm;
    private readonly LayerNorm norm;
    private readonly Linear mx_proj;
    private readonly Linear hx_proj;
    private readonly Linear h_proj;
    private readonly Parameter gamma;
    private readonly Parameter beta;
    private readonly Parameter temperature;
    private readonly Parameter? rel_pos_bias;

    /// <summary>Projections and γ normal with deviation 0.02; the router's temperature starts at √E.</summary>
    protected SeqBoat(AttentionSettings settings, SeqBoatOptions options)
        : base(settings)
    {
        _options = options;
        var model = settings.ModelSize;
        _keySize = options.KeySize > 0 ? options.KeySize : Math.Max(8, model / 2);
        _valueSize = options.Hidden > 0 ? options.Hidden : model;
        // Three windows are seen at most: the one before, the own, the one after.
        _positions = options.Positions == SeqBoatPositions.Rank ? 3 * options.Window : settings.WeightLength;
        ssm = new DampedMovingAverage(model, options.Modes, bidirectional: !settings.Pattern.IsCausal);
        norm = nn.LayerNorm(model);
        mx_proj = NormalLinear.Create(model, _keySize + (2 * _valueSize));
        hx_proj = NormalLinear.Create(model, model + 2);
        h_proj = NormalLinear.Create(_valueSize, model);
        gamma = new Parameter(randn(2, _keySize) * 0.02);
        beta = new Parameter(zeros(2, _keySize));
        temperature = new Parameter(full(1, Math.Log(Math.Sqrt(model)), dtype: ScalarType.Float32));
        rel_pos_bias = options.Positions == SeqBoatPositions.Rotary ? null : new Parameter(randn((2 * _positions) - 1) * 0.02);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (hidden, length) = (inputs.Hidden, inputs.Hidden.shape[1]);
        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, hidden.device);
        var moved = Moved(hidden, mask);
        var parts = hx_proj.forward(moved).split([2, Settings.ModelSize], -1);
        var router = Router(parts[0]);                                                                    // [B, N, 2]
        var active = router.select(-1, 1).gt(router.select(-1, 0)).logical_and(mask);                     // [B, N]
        var gates = mx_proj.forward(moved).silu().split([_keySize, _valueSize, _valueSize], -1);
        Tensor Turned(int row)
        {
            var turned = (gates[0] * gamma.select(0, row)) + beta.select(0, row);                         // [B, N, Z]
            return _options.Positions == SeqBoatPositions.Rotary
                ? RotaryEmbedding.Interleaved(turned, arange(length, device: hidden.device), single: true)
                : turned;
        }

        var attended = h_proj.forward(Attend(Turned(0), Turned(1), gates[2], active) * gates[1]);            // [B, N, E]
        var share = router.select(-1, 1).masked_fill(active.logical_not(), 0).unsqueeze(-1);
        var output = (parts[1] + (attended * share) + hidden).silu();
        return (_options.NormFirst ? output : norm.forward(output)).MoveToOuterDisposeScope();
    }

    /// <summary>Shares of leaving a token alone and of activating it: <c>[B, N, 2]</c>.</summary>
    public Tensor RouterShares(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var mask = inputs.KeyMask ?? ones([1, inputs.Hidden.shape[1]], ScalarType.Bool, inputs.Hidden.device);
        return Router(hx_proj.forward(Moved(inputs.Hidden, mask)).narrow(-1, 0, 2)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        // How many tokens are activated is known only afterwards: all of them are counted, as the worst case.
        double n = shape.Length, e = Settings.ModelSize, z = _keySize, v = _valueSize, w = Math.Min(_options.Window, n);
        var causal = Settings.Pattern.IsCausal;
        var pairs = n * ((causal ? w : 2 * w) + 1) - (w * (w + 1) / (causal ? 2 : 1));
        var weights = (e * (e + 2 + z + (2 * v))) + (v * e);
        return new AttentionCost(
            shape.Batch * ((n * ((2 * weights) + ((causal ? 4 : 8) * e * _options.Modes))) + (pairs * ((2 * z) + (2 * v) + 5))),
            (shape.Batch * 2 * n * e) + weights,
            shape.Batch * n * ((5 * KeysHeld(shape.Length)) + (6 * e) + (2 * z) + (3 * v)));
    }

    /// <summary>Attention among active tokens: <c>[B, N, V]</c>, anything where a token is not active.</summary>
    /// <param name="query"><c>[B, N, Z]</c>.</param>
    /// <param name="key"><c>[B, N, Z]</c>.</param>
    /// <param name="value"><c>[B, N, V]</c>.</param>
    /// <param name="active"><c>[B, N]</c>.</param>
    protected abstract Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor active);

    /// <summary>Keys for which every token holds a weight at the peak.</summary>
    protected abstract double KeysHeld(int length);

    /// <summary>w.</summary>
    protected int Window => _options.Window;

    /// <summary>Which ranks a query's rank may read.</summary>
    /// <param name="between">Rank of the key less that of the query.</param>
    protected Tensor IsNear(Tensor between) =>
        Settings.Pattern.IsCausal ? between.le(0).logical_and(between.ge(-Window)) : between.abs().le(Window);

    private Tensor Router(Tensor logits) => (logits / temperature.exp()).softmax(-1);

    private Tensor Moved(Tensor hidden, Tensor mask)
    {
        var normal = _options.NormFirst ? norm.forward(hidden) : hidden;
        return ssm.Convolve(normal.masked_fill(mask.logical_not().unsqueeze(-1), 0));
    }

    /// <summary>Weights of visible pairs, zero elsewhere.</summary>
    /// <param name="scores">Products of queries and keys.</param>
    /// <param name="between">Ranks of keys less those of queries, broadcastable to the scores.</param>
    /// <param name="distance">The same of places in the sequence.</param>
    /// <param name="visible">Broadcastable to the scores.</param>
    protected Tensor Weights(Tensor scores, Tensor between, Tensor distance, Tensor visible)
    {
        var scaled = scores * (_options.SquaredRelu ? 1.0 / ((Settings.Pattern.IsCausal ? 1 : 2) * Window) : 1 / Math.Sqrt(_keySize));
        if (rel_pos_bias is not null)
        {
            // Biases start at the farthest earlier distance; among ranks a window stands before the query's own.
            var steps = _options.Positions == SeqBoatPositions.Rank ? between + Window : distance;
            var place = (steps + _positions - 1).clamp(0, rel_pos_bias.shape[0] - 1);
            scaled = scaled + rel_pos_bias.index_select(0, place.flatten()).view(place.shape);
        }

        return _options.SquaredRelu
            ? nn.functional.relu(scaled).square().masked_fill(visible.logical_not(), 0)
            : MaskedSoftmax.Of(scaled, visible);
    }
}

/// <summary>SeqBoat with all pairs of tokens masked: O(N²·E) time, O(N²) memory.</summary>
/// <remarks>Ren et al., arXiv:2306.11197.</remarks>
[Attention("seqboat/masked", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sparse modular activation (SeqBoat)", Paper = "arXiv:2306.11197", Time = "O(N²·E)", Memory = "O(N²)", Reference = true)]
public sealed class MaskedSeqBoat(AttentionSettings settings, SeqBoatOptions options) : SeqBoat(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor active)
    {
        var rank = active.to(ScalarType.Int64).cumsum(1) - 1;                                             // place among the activated
        var between = rank.unsqueeze(1) - rank.unsqueeze(2);                                              // [B, i, j]: rank j − rank i
        var place = arange(query.shape[1], device: query.device);
        var visible = IsNear(between).logical_and(active.unsqueeze(1)).logical_and(active.unsqueeze(2));
        return Weights(query.matmul(key.transpose(-2, -1)), between, place - place.unsqueeze(1), visible).matmul(value);
    }

    /// <inheritdoc />
    protected override double KeysHeld(int length) => length;
}

/// <summary>
/// SeqBoat with the active tokens of each sequence packed side by side and attended in blocks of w: O(N·E·(log N + E) + A·w·E) time for A active
/// tokens, O(N·(w + E)) memory.
/// </summary>
/// <remarks>Ren et al., arXiv:2306.11197, section 4.2.</remarks>
[Attention("seqboat/packed", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sparse modular activation (SeqBoat)", Paper = "arXiv:2306.11197", Time = "O(N·w·E)", Memory = "O(N·(w + E))")]
public sealed class PackedSeqBoat(AttentionSettings settings, SeqBoatOptions options) : SeqBoat(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor active)
    {
        var (length, device) = (query.shape[1], query.device);
        var counts = active.sum(1, keepdim: true);                                                        // [B, 1]
        var most = Math.Max(1, counts.max().item<long>());
        var block = Math.Min(Window, most);
        var blocks = (most + block - 1) / block;
        var packed = Math.Min(length, blocks * block);
        var after = (blocks * block) - packed;
        // Active tokens first, in their order; the others follow and are seen by nobody.
        var place = arange(length, device: device);
        var order = where(active, place, place + length).argsort(1).narrow(1, 0, packed);                 // [B, P]
        Tensor Pack(Tensor rows) => nn.functional.pad(rows.gather(1, order.unsqueeze(-1).expand(-1, -1, rows.shape[2])), [0, 0, 0, after]);

        // A query's block with the one before it and, where later keys may be seen, the one after.
        var right = Settings.Pattern.IsCausal ? 0 : block;
        var strip = (2 * block) + right;
        Tensor Strips(Tensor rows) => nn.functional.pad(rows, [0, 0, block, right]).unfold(1, strip, block);  // [B, n, ·, s]
        Tensor Blocks(Tensor rows) => rows.unflatten(1, [blocks, block]);                                 // [B, n, w, ·]

        var places = Pack(place.view(1, -1, 1).expand(active.shape[0], -1, 1));                           // [B, P, 1]
        var isActive = arange(blocks * block, device: device).lt(counts).unsqueeze(-1);                   // [B, P, 1]
        var between = arange(strip, device: device) - block - arange(block, device: device).unsqueeze(1); // [w, s]
        var visible = IsNear(between).logical_and(Strips(isActive)).logical_and(Blocks(isActive));        // [B, n, w, s]
        var weights = Weights(Blocks(Pack(query)).matmul(Strips(Pack(key))), between, Strips(places) - Blocks(places), visible);
        var attended = weights.matmul(Strips(Pack(value)).transpose(-2, -1)).flatten(1, 2).narrow(1, 0, packed);
        return zeros([.. value.shape], dtype: value.dtype, device: device).scatter(1, order.unsqueeze(-1).expand_as(attended), attended);
    }

    /// <inheritdoc />
    protected override double KeysHeld(int length) => Math.Min(length, (Settings.Pattern.IsCausal ? 2.0 : 3.0) * Window);
}
