using Bench.Attention.Layers;
using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// SeqBoat, sparse modular activation: a moving average of every token, and gated attention among those tokens only that a router activates, over a
/// window that counts activated tokens. m = EMA(LN(x)), [u, s] = W m; active where the second of softmax(u/τ) is the larger, p that share;
/// out = SiLU(s + p·W_h(attention ⊙ r) + x). This plain form masks all pairs: O(N²·E) time, O(N²) memory.
/// </summary>
/// <remarks>Ren et al., "Sparse Modular Activation for Efficient Sequence Modeling", arXiv:2306.11197, sections 3 and 4. The router learns through p
/// alone. Residual and norm are included.</remarks>
[Attention("seqboat/masked", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sparse modular activation (SeqBoat)", Paper = "arXiv:2306.11197", Time = "O(N²·E)", Memory = "O(N²)", Reference = true)]
public sealed class SeqBoat : AttentionLayer
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
    public SeqBoat(AttentionSettings settings, SeqBoatOptions options)
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
        var rank = active.to(ScalarType.Int64).cumsum(1) - 1;                                             // place among the activated
        var gates = mx_proj.forward(moved).silu().split([_keySize, _valueSize, _valueSize], -1);
        Tensor Turned(int row)
        {
            var turned = (gates[0] * gamma.select(0, row)) + beta.select(0, row);                         // [B, N, Z]
            return _options.Positions == SeqBoatPositions.Rotary
                ? RotaryEmbedding.Interleaved(turned, arange(length, device: hidden.device), single: true)
                : turned;
        }

        var between = rank.unsqueeze(1) - rank.unsqueeze(2);                                              // [B, i, j]: rank j − rank i
        var visible = between.abs().le(_options.Window).logical_and(active.unsqueeze(1)).logical_and(active.unsqueeze(2));
        visible = Settings.Pattern.IsCausal ? visible.logical_and(between.le(0)) : visible;
        var weights = Weights(Turned(0).matmul(Turned(1).transpose(-2, -1)), between, visible);           // [B, N, N]
        var attended = h_proj.forward(weights.matmul(gates[2]) * gates[1]);                               // [B, N, E]
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
            shape.Batch * n * ((5 * n) + (6 * e) + (2 * z) + (3 * v)));
    }

    private Tensor Router(Tensor logits) => (logits / temperature.exp()).softmax(-1);

    private Tensor Moved(Tensor hidden, Tensor mask)
    {
        var normal = _options.NormFirst ? norm.forward(hidden) : hidden;
        return ssm.Convolve(normal.masked_fill(mask.logical_not().unsqueeze(-1), 0));
    }

    private Tensor Weights(Tensor scores, Tensor between, Tensor visible)
    {
        var causal = Settings.Pattern.IsCausal;
        var scaled = scores * (_options.SquaredRelu ? 1.0 / ((causal ? 1 : 2) * _options.Window) : 1 / Math.Sqrt(_keySize));
        scaled = rel_pos_bias is null ? scaled : scaled + Bias(rel_pos_bias, between);
        return _options.SquaredRelu
            ? nn.functional.relu(scaled).square().masked_fill(visible.logical_not(), 0)
            : MaskedSoftmax.Of(scaled, visible);
    }

    /// <summary>The learned bias of pairs: <c>[N, N]</c>, or <c>[B, N, N]</c> where ranks decide.</summary>
    private Tensor Bias(Tensor learned, Tensor between)
    {
        var position = arange(between.shape[1], device: between.device);
        // Distances j − i from 0; among ranks a window stands before the query's own.
        var distance = _options.Positions == SeqBoatPositions.Rank
            ? between + _options.Window
            : position - position.unsqueeze(1);
        var place = (distance + _positions - 1).clamp(0, learned.shape[0] - 1);
        return learned.index_select(0, place.flatten()).view(place.shape);
    }
}
