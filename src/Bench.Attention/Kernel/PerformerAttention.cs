using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// What the forms of Performer share: positive random features (FAVOR+), o_i = φ(q_i)·Σ φ(k_j) v_jᵀ / max(φ(q_i)·Σ φ(k_j), floor).
/// Causal self gives at position i what the noncausal formula gives on the first i keys, stabiliser included. Named input
/// <c>random.projection</c> <c>[H, M, D]</c> replaces the projection.
/// </summary>
public abstract class PerformerAttention : AttentionOperator
{
    /// <summary>Stands for "no key yet" in the running stabiliser.</summary>
    protected const double Empty = -1e30;

    private readonly PerformerOptions _options;

    /// <summary>Draws the orthogonal projection, kept as the buffer <c>projection</c>.</summary>
    protected PerformerAttention(AttentionSettings settings, PerformerOptions options)
        : base(settings)
    {
        _options = options;
        using var scope = NewDisposeScope();
        var projection = stack(Enumerable.Range(0, settings.Heads).Select(_ => OrthogonalProjection.Draw(options.Features, settings.HeadSize)));
        register_buffer("projection", projection.DetachFromDisposeScope()); // [H, M, D]
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern != AttentionPattern.NoncausalSelf;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var projection = Projection(inputs);
        return (Settings.Pattern == AttentionPattern.CausalSelf
            ? Causal(inputs, projection, Sums.None(inputs, projection)).Output
            : Read(Query(inputs.Query, projection), Whole(inputs, projection))).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var state = new TensorState { Position = inputs.Query.shape[2] };
        var projection = Projection(inputs);
        if (Settings.Pattern.IsCross)
        {
            var whole = Whole(inputs, projection);
            (state["kv"], state["z"]) = (whole.KeyValue.detach(), whole.Normaliser.detach());
            return (Read(Query(inputs.Query, projection), whole).MoveToOuterDisposeScope(), state);
        }

        var (output, sums) = Causal(inputs, projection, Sums.None(inputs, projection));
        sums.Keep(state);
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        kept.Position++;
        var projection = Projection(token);
        if (Settings.Pattern.IsCross)
        {
            return Read(Query(token.Query, projection), new SourceSums(kept["kv"], kept["z"])).MoveToOuterDisposeScope();
        }

        var (output, sums) = Causal(token, projection, Sums.Of(kept));
        output = output.MoveToOuterDisposeScope(); // [B, H, 1, Dv]
        sums.Keep(kept);
        return output;
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape)
    {
        long features = _options.Features, values = Settings.ValueSize;
        return !Decodes ? 0
            : Settings.Heads * (features * (values + 1) + (Settings.Pattern.IsCross ? 0 : values + 2));
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, f = _options.Features, d = shape.HeadSize, e = shape.ValueSize;
        return new AttentionCost(
            shape.Rows * ((n + m) * (2 * f * d + 2 * d + 8 * f) + m * f * (2 * e + 1) + n * (f * (2 * e + 2) + e)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * ((n + m) * 2 * f + f * e + n * e));
    }

    /// <summary>The causal pass after the given sums: output <c>[B, H, N, Dv]</c> and the sums with its tokens.</summary>
    internal abstract (Tensor Output, Sums Sums) Causal(AttentionInputs inputs, Tensor projection, Sums before);

    /// <summary>φ(q): <c>[B, H, N, M]</c>, stabilised by each row's largest exponent.</summary>
    protected Tensor Query(Tensor query, Tensor projection)
    {
        var (exponents, norms) = Exponents(query, projection);
        return ((exponents - norms - exponents.amax([-1], keepdim: true)).exp() + _options.FeatureEpsilon) / Math.Sqrt(_options.Features);
    }

    /// <summary>
    /// Keys for the causal forms: f_j = exp(c k_j·w − c²|k_j|²/2 − s_j) with the key's own stabiliser s_j = max over features, zero where padded.
    /// </summary>
    /// <returns>f <c>[B, H, N, M]</c>, s <c>[B, H, N, 1]</c> (−10³⁰ where padded), and whether a key counts, <c>[B, 1, N, 1]</c> as numbers.</returns>
    protected (Tensor Features, Tensor Stabiliser, Tensor Real) Key(AttentionInputs inputs, Tensor projection)
    {
        var (exponents, norms) = Exponents(inputs.Key, projection);
        var own = exponents.amax([-1], keepdim: true);
        var features = (exponents - norms - own).exp();
        var real = (inputs.KeyMask ?? ones([1, inputs.Key.shape[2]], ScalarType.Bool, inputs.Key.device))[.., TensorIndex.None, .., TensorIndex.None];
        return (features * real.to(features.dtype), own.masked_fill(real.logical_not(), Empty), real.to(features.dtype));
    }

    /// <summary>ε of every feature.</summary>
    protected double Epsilon => _options.FeatureEpsilon;

    /// <summary>Divides sums by the floored normaliser; both lack the factor 1/√M of the keys.</summary>
    protected Tensor Normalise(Tensor sum, Tensor normaliser)
    {
        var root = Math.Sqrt(_options.Features);
        return sum / root / (normaliser / root).clamp(min: _options.NormaliserFloor);
    }

    private Tensor Projection(AttentionInputs inputs)
    {
        var sizes = new long[] { Settings.Heads, _options.Features, Settings.HeadSize };
        if (inputs.Optional("random.projection") is { } given)
        {
            return given.shape.SequenceEqual(sizes) ? given.to(inputs.Query.dtype) : throw new ArgumentException(
                $"'random.projection' is [{string.Join(", ", given.shape)}]; this Performer needs [{string.Join(", ", sizes)}].");
        }

        return training && _options.Redraw
            ? randn(sizes, dtype: inputs.Query.dtype, device: inputs.Query.device)
            : get_buffer("projection")!;
    }

    /// <summary>c x·w <c>[B, H, N, M]</c> and c²|x|²/2 <c>[B, H, N, 1]</c>, c = D^(−1/4).</summary>
    private (Tensor Exponents, Tensor Norms) Exponents(Tensor rows, Tensor projection)
    {
        var scaled = rows / Math.Pow(Settings.HeadSize, 0.25);
        return (scaled.matmul(projection.transpose(-2, -1)), scaled.square().sum(-1, keepdim: true) / 2);
    }

    private SourceSums Whole(AttentionInputs inputs, Tensor projection)
    {
        var (exponents, norms) = Exponents(inputs.Key, projection);
        var real = inputs.KeyMask is { } mask
            ? FlattenedMask.Of(mask, inputs.Key.shape[1], _options.CabPaddingQuirk).unsqueeze(-1)
            : null;                                                                     // [B, 1 or H, M, 1]
        var candidates = real is null || _options.CabPaddingQuirk ? exponents : exponents.masked_fill(real.logical_not(), float.NegativeInfinity);
        var stabiliser = candidates.amax([-2, -1], keepdim: true);             // [B, H, 1, 1]
        var shifted = exponents - norms - stabiliser;
        // A padded key may exceed the stabiliser of the real ones; its infinite feature times zero would be NaN.
        shifted = real is null || _options.CabPaddingQuirk ? shifted : shifted.masked_fill(real.logical_not(), 0);
        var features = shifted.exp() + Epsilon;                                         // [B, H, M, F]
        features = real is null ? features : features * real.to(features.dtype);
        return new SourceSums(features.transpose(-2, -1).matmul(inputs.Value), features.sum(-2).unsqueeze(-1));
    }

    private Tensor Read(Tensor query, SourceSums sums) => Normalise(query.matmul(sums.KeyValue), query.matmul(sums.Normaliser));

    /// <summary>Σ φ(k) vᵀ <c>[B, H, M, Dv]</c> and Σ φ(k) <c>[B, H, M, 1]</c>, without the factor 1/√M.</summary>
    private sealed record SourceSums(Tensor KeyValue, Tensor Normaliser);

    /// <summary>Running sums of the causal forms, scaled by e^(−Stabiliser).</summary>
    /// <param name="Stabiliser">Largest exponent so far, <c>[B, H, 1, 1]</c>.</param>
    /// <param name="KeyValue">Σ e^(exponent − Stabiliser) vᵀ, <c>[B, H, M, Dv]</c>.</param>
    /// <param name="Normaliser">Σ e^(exponent − Stabiliser), <c>[B, H, M, 1]</c>.</param>
    /// <param name="Values">Σ v, <c>[B, H, 1, Dv]</c>.</param>
    /// <param name="Count">Real keys, <c>[B, H, 1, 1]</c>.</param>
    internal sealed record Sums(Tensor Stabiliser, Tensor KeyValue, Tensor Normaliser, Tensor Values, Tensor Count)
    {
        public static Sums None(AttentionInputs inputs, Tensor projection)
        {
            long b = inputs.Key.shape[0], h = inputs.Key.shape[1], f = projection.shape[1], e = inputs.Value.shape[3];
            Tensor Zero(params long[] sizes) => zeros(sizes, dtype: inputs.Key.dtype, device: inputs.Key.device);
            return new Sums(Zero(b, h, 1, 1) + Empty, Zero(b, h, f, e), Zero(b, h, f, 1), Zero(b, h, 1, e), Zero(b, h, 1, 1));
        }

        public static Sums Of(TensorState state) => new(state["s"], state["kv"], state["z"], state["v"], state["count"]);

        public void Keep(TensorState state)
        {
            (state["s"], state["kv"], state["z"]) = (Stabiliser.detach(), KeyValue.detach(), Normaliser.detach());
            (state["v"], state["count"]) = (Values.detach(), Count.detach());
        }
    }
}
