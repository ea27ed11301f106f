using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// Mixture of heads with a trained router: softmax attention whose heads are weighed for every token. The s shared heads get s·softmax(W₁x), the k
/// best of the others k·p/Σp with p = softmax(W_g x), and both groups the two weights 2·softmax(W₀x). O(N²·D) time; all heads are computed.
/// </summary>
/// <remarks>Jin et al., "MoH: Multi-Head Attention as Mixture-of-Head Attention", arXiv:2410.11842, section 3.2; the layer of its DiT.</remarks>
[Attention("moh/dense", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Mixture of heads (MoH)", Paper = "arXiv:2410.11842", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·N·H·D", Reference = true)]
public sealed class RoutedHeads : AttentionLayer
{
    private readonly int _shared;
    private readonly int _routed;
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly Linear? wg;
    private readonly Linear? wg_0;
    private readonly Linear? wg_1;

    /// <summary>Projections and routers as torch draws them.</summary>
    /// <exception cref="ArgumentException">More heads are shared or routed than there are.</exception>
    public RoutedHeads(AttentionSettings settings, RoutedHeadsOptions options)
        : base(settings)
    {
        _shared = options.SharedHeads < 0 ? settings.Heads / 4 : options.SharedHeads;
        var rest = settings.Heads - _shared;
        _routed = options.RoutedHeads < 0 ? (rest + 1) / 2 : options.RoutedHeads;
        if (rest < 0 || _routed > rest || _shared + _routed == 0)
        {
            throw new ArgumentException($"{_shared} shared and {_routed} routed heads were asked for; there are {settings.Heads}, and at least one must be on.");
        }

        var model = settings.ModelSize;
        qkv = nn.Linear(model, 3 * model, hasBias: options.Bias);
        proj = nn.Linear(model, model);
        wg = _routed > 0 ? nn.Linear(model, rest, hasBias: false) : null;
        wg_0 = _routed > 0 && _shared > 0 ? nn.Linear(model, 2, hasBias: false) : null;
        wg_1 = _shared > 0 ? nn.Linear(model, _routed > 0 ? _shared : settings.Heads, hasBias: false) : null;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern == AttentionPattern.CausalSelf;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Project(inputs.Hidden);
        return Finish(inputs.Hidden, Attend(query, key, value, inputs.KeyMask, Decodes)).MoveToOuterDisposeScope(); // [B, N, E]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var (query, key, value) = Project(inputs.Hidden);
        var state = new KeyValueState();
        state.Append(key, value);
        return (Finish(inputs.Hidden, Attend(query, key, value, inputs.KeyMask, causal: true)).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Project(token.Hidden);
        var cache = (KeyValueState)state;
        cache.Append(key, value);
        return Finish(token.Hidden, Attend(query, cache.Keys, cache.Values, null, causal: false)).MoveToOuterDisposeScope(); // [B, 1, E]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes ? 2L * shape.Length * Settings.ModelSize : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, e = Settings.ModelSize;
        return new AttentionCost(
            shape.Batch * ((n * 8 * e * e) + (n * 2 * e * (Settings.Heads + 2)) + (Settings.Heads * shape.DensePairs * ((4 * Settings.HeadSize) + 5))),
            (shape.Batch * 2 * n * e) + (4 * e * e),
            shape.Batch * n * ((6 * e) + (4 * Settings.Heads)));
    }

    private (Tensor Query, Tensor Key, Tensor Value) Project(Tensor hidden)
    {
        var parts = qkv.forward(hidden).unflatten(2, [3, Settings.Heads, -1]).permute(2, 0, 3, 1, 4);      // [3, B, H, N, D]
        return (parts[0], parts[1], parts[2]);
    }

    private static Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask, bool causal)
    {
        if (mask is null)
        {
            return nn.functional.scaled_dot_product_attention(query, key, value, is_casual: causal);
        }

        var visible = mask[.., TensorIndex.None, TensorIndex.None, ..];
        visible = causal ? visible.logical_and(ones([key.shape[2], key.shape[2]], ScalarType.Bool, key.device).tril()) : visible;
        return Primitives.MaskedSoftmax.Of((query / Math.Sqrt(query.shape[3])).matmul(key.transpose(-2, -1)), visible).matmul(value);
    }

    private Tensor Finish(Tensor hidden, Tensor heads) =>
        proj.forward((heads.transpose(1, 2) * Weights(hidden).unsqueeze(-1)).flatten(2));

    /// <summary>Weights of the heads, shared ones first: <c>[B, N, H]</c>.</summary>
    private Tensor Weights(Tensor hidden)
    {
        var shared = wg_1 is null ? null : wg_1.forward(hidden).softmax(-1) * wg_1.weight!.shape[0];
        if (wg is null)
        {
            return shared!;
        }

        var shares = wg.forward(hidden).softmax(-1);
        var best = shares.topk(_routed, -1).indexes;
        var kept = zeros_like(shares, ScalarType.Bool).scatter(-1, best, ones_like(best, ScalarType.Bool));
        var chosen = shares.masked_fill(kept.logical_not(), 0);
        var routed = chosen / chosen.sum(-1, keepdim: true) * _routed;
        if (shared is null)
        {
            return routed;
        }

        var groups = wg_0!.forward(hidden).softmax(-1) * 2;                                                // [B, N, 2]
        return cat([shared * groups.narrow(-1, 0, 1), routed * groups.narrow(-1, 1, 1)], -1);
    }
}
