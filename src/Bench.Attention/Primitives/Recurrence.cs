using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// The linear recurrence that the mechanisms with a matrix state share, with the parts that a mechanism lacks left null:
/// <c>S_t = diag(e^{g_t}) S_{t−1} + b_tᵀ(a_t S_{t−1}) + k_tᵀ v_t</c> (or, with a strength β, the delta rule
/// <c>S̃ = diag(e^{g_t}) S_{t−1}; S_t = S̃ + β_t k_tᵀ (v_t − k_t S̃)</c>) and <c>o_t = scale · q_t S_t</c>.
/// </summary>
/// <param name="Query">q: <c>[B, H, N, D]</c>.</param>
/// <param name="Key">k: <c>[B, H, N, D]</c>.</param>
/// <param name="Value">v: <c>[B, H, N, E]</c>.</param>
public sealed record Recurrence(Tensor Query, Tensor Key, Tensor Value)
{
    /// <summary>Whether queries and keys still have to go through elu + 1; a fused form does that on the way.</summary>
    public bool EluPlusOne { get; init; }

    /// <summary>
    /// Whether RWKV-7's terms still have to be made of its unit key κ̂, in-context rate ι and ω, the logarithm of the decay's rate: <see cref="LogDecay"/>
    /// holds ω for −e^ω, <see cref="CorrectionRead"/> holds κ̂ for −κ̂, and <see cref="CorrectionWrite"/> holds ι for κ̂ ⊙ ι. A fused form does that on
    /// the way.
    /// </summary>
    public bool FromUnitKey { get; init; }

    /// <summary>Factor on every query.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>g: natural logarithm of the decay, at most 0; broadcasts to <c>[B, H, N, D]</c>, last axis 1 for a decay per head.</summary>
    public Tensor? LogDecay { get; init; }

    /// <summary>Logarithm of a decay per value channel, <c>[B, H, N, E]</c>: <c>S_t = S_{t−1} diag(e^{h_t}) + …</c>; not together with any other decay.</summary>
    public Tensor? ValueLogDecay { get; init; }

    /// <summary>β: write strength of the delta rule, <c>[B, H, N, 1]</c>.</summary>
    public Tensor? Strength { get; init; }

    /// <summary>a: what the low-rank correction reads from the undecayed state, <c>[B, H, N, D]</c>; with <see cref="CorrectionWrite"/>.</summary>
    public Tensor? CorrectionRead { get; init; }

    /// <summary>b: where the low-rank correction writes, <c>[B, H, N, D]</c>.</summary>
    public Tensor? CorrectionWrite { get; init; }

    /// <summary>u: <c>[H, D]</c>; when given, <c>o_t = scale · q_t (S_{t−1} + diag(u) k_tᵀ v_t)</c>: the state is read before decay and write.</summary>
    public Tensor? Bonus { get; init; }

    /// <summary>When given, the output is divided by <c>scale · q_t z_t + epsilon</c>, where z is the state of values that are all 1.</summary>
    public double? NormaliserEpsilon { get; init; }

    /// <summary>S before the first token, <c>[B, H, D, E]</c>; null means zero.</summary>
    public Tensor? State { get; init; }

    /// <summary>z before the first token, <c>[B, H, D]</c>; null means zero.</summary>
    public Tensor? Normaliser { get; init; }

    /// <summary>N.</summary>
    public long Length => Query.size(-2);

    /// <summary>Whether the state is corrected by what it already holds (delta rule or low-rank correction).</summary>
    public bool Corrects => Strength is not null || CorrectionRead is not null;

    /// <summary>Tokens <c>start … start + count</c> with the state before them.</summary>
    public Recurrence Slice(long start, long count, Tensor? state, Tensor? normaliser) => this with
    {
        Query = Query.narrow(-2, start, count),
        Key = Key.narrow(-2, start, count),
        Value = Value.narrow(-2, start, count),
        LogDecay = Rows(LogDecay, start, count),
        ValueLogDecay = Rows(ValueLogDecay, start, count),
        Strength = Rows(Strength, start, count),
        CorrectionRead = Rows(CorrectionRead, start, count),
        CorrectionWrite = Rows(CorrectionWrite, start, count),
        State = state,
        Normaliser = normaliser,
    };

    /// <summary>
    /// Every token by itself, without a state. Their gradients are put together once, at the end; that of a slice would be as long as the sequence,
    /// for each of its tokens.
    /// </summary>
    public IReadOnlyList<Recurrence> Tokens()
    {
        Tensor[] Split(Tensor tensor) => tensor.shape[2] == 1 ? [.. Enumerable.Repeat(tensor, (int)Length)] : tensor.split(1, 2);
        Tensor[]? SplitAny(Tensor? tensor) => tensor is null ? null : Split(tensor);
        var (queries, keys, values) = (Split(Query), Split(Key), Split(Value));
        var (decays, valueDecays, strengths) = (SplitAny(LogDecay), SplitAny(ValueLogDecay), SplitAny(Strength));
        var (reads, writes) = (SplitAny(CorrectionRead), SplitAny(CorrectionWrite));
        return [.. Enumerable.Range(0, (int)Length).Select(t => this with
        {
            Query = queries[t],
            Key = keys[t],
            Value = values[t],
            LogDecay = decays?[t],
            ValueLogDecay = valueDecays?[t],
            Strength = strengths?[t],
            CorrectionRead = reads?[t],
            CorrectionWrite = writes?[t],
            State = null,
            Normaliser = null,
        })];
    }

    /// <summary>The initial state, zeros when none was given.</summary>
    public Tensor StateOrZero() => State
        ?? zeros([.. Key.shape[..^2], Key.shape[^1], Value.shape[^1]], dtype: Key.dtype, device: Key.device);

    /// <summary>The initial normaliser, zeros when none was given; null when the output is not normalised.</summary>
    public Tensor? NormaliserOrZero() => NormaliserEpsilon is null
        ? null
        : Normaliser ?? zeros([.. Key.shape[..^2], Key.shape[^1]], dtype: Key.dtype, device: Key.device);

    /// <summary>The same with every tensor of a low-precision element type raised to float32; states are kept in at least that.</summary>
    public Recurrence Raised() => Query.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? Map(tensor => tensor.to(ScalarType.Float32)) : this;

    /// <summary>The same with <see cref="EluPlusOne"/> and <see cref="FromUnitKey"/> carried out.</summary>
    public Recurrence Featured() => WithPositiveRows().WithUnitKeyTerms();

    /// <summary>The same with <see cref="EluPlusOne"/> carried out.</summary>
    public Recurrence WithPositiveRows() => !EluPlusOne ? this : this with
    {
        EluPlusOne = false,
        Query = PositiveRows.EluPlusOne(Query),
        Key = PositiveRows.EluPlusOne(Key),
    };

    /// <summary>The same with <see cref="FromUnitKey"/> carried out.</summary>
    public Recurrence WithUnitKeyTerms() => !FromUnitKey ? this : this with
    {
        FromUnitKey = false,
        LogDecay = -LogDecay!.exp(),
        CorrectionRead = -CorrectionRead!,
        CorrectionWrite = CorrectionRead! * CorrectionWrite!,
    };

    /// <summary>
    /// The same with batch and heads as one axis of G = B·H, which is what batched matrix products take: <c>[G, N, D]</c>, states <c>[G, D, E]</c>,
    /// normalisers <c>[G, D]</c>, and the bonus <c>[G, 1, D]</c>.
    /// </summary>
    internal Recurrence Flattened()
    {
        var (batch, heads) = (Key.shape[0], Key.shape[1]);
        Tensor? Flatten(Tensor? tensor) => tensor?.expand([batch, heads, .. tensor.shape[^2..]]).flatten(0, 1);
        var flat = With([.. Tensors().Select((tensor, index) => index is BonusIndex or NormaliserIndex ? tensor : Flatten(tensor))]);
        return flat with { Bonus = Flatten(Bonus?.unsqueeze(1)), Normaliser = Normaliser?.flatten(0, 1) };
    }

    // Places in Tensors of those that are not one row per token.
    internal const int BonusIndex = 7;
    internal const int StateIndex = 8;
    internal const int NormaliserIndex = 9;

    /// <summary>The tensors that take part, in a fixed order, with null for those that are absent.</summary>
    internal Tensor?[] Tensors() =>
        [Query, Key, Value, LogDecay, Strength, CorrectionRead, CorrectionWrite, Bonus, State, Normaliser, ValueLogDecay];

    /// <summary>The same recurrence over other tensors, in the order of <see cref="Tensors"/>.</summary>
    internal Recurrence With(IReadOnlyList<Tensor?> tensors) => this with
    {
        Query = tensors[0]!,
        Key = tensors[1]!,
        Value = tensors[2]!,
        LogDecay = tensors[3],
        Strength = tensors[4],
        CorrectionRead = tensors[5],
        CorrectionWrite = tensors[6],
        Bonus = tensors[7],
        State = tensors[8],
        Normaliser = tensors[9],
        ValueLogDecay = tensors[10],
    };

    private Recurrence Map(Func<Tensor, Tensor> change) => With([.. Tensors().Select(tensor => tensor is null ? null : change(tensor))]);

    private static Tensor? Rows(Tensor? tensor, long start, long count) =>
        tensor is null || tensor.size(-2) == 1 ? tensor : tensor.narrow(-2, start, count);
}

/// <summary>What a form makes of a recurrence.</summary>
/// <param name="Output">o: <c>[B, H, N, E]</c>.</param>
/// <param name="State">S after the last token, <c>[B, H, D, E]</c>.</param>
/// <param name="Normaliser">z after the last token, <c>[B, H, D]</c>; null when the output is not normalised.</param>
public sealed record RecurrenceResult(Tensor Output, Tensor State, Tensor? Normaliser)
{
    /// <summary>The result of a recurrence that was <see cref="Recurrence.Flattened"/>, with the batch's axis back.</summary>
    internal RecurrenceResult Unflattened(long batch) =>
        new(Output.unflatten(0, [batch, -1]), State.unflatten(0, [batch, -1]), Normaliser?.unflatten(0, [batch, -1]));
}
