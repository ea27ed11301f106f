using static TorchSharp.torch;

namespace Bench.Attention;

/// <summary>The tensors of one call of an operator.</summary>
/// <param name="Query">q: <c>[B, H, N, D]</c>.</param>
/// <param name="Key">k: <c>[B, Hk, M, D]</c>, Hk = H unless key–value heads are grouped.</param>
/// <param name="Value">v: <c>[B, Hk, M, Dv]</c>.</param>
public sealed record AttentionInputs(Tensor Query, Tensor Key, Tensor Value)
{
    private static readonly IReadOnlyDictionary<string, Tensor> None = new Dictionary<string, Tensor>();

    /// <summary>Padding mask <c>[B, M]</c> of booleans, <b>true where a key is real</b>; null when all are. At least one key per row is real.</summary>
    public Tensor? KeyMask { get; init; }

    /// <summary>The mechanism's own inputs by name (<see cref="AttentionOperator.Inputs"/>), and random draws fed from outside (<c>random.…</c>).</summary>
    public IReadOnlyDictionary<string, Tensor> Named { get; init; } = None;

    /// <summary>State before the first token, for recurrences that accept one; null means empty.</summary>
    public AttentionState? InitialState { get; init; }

    /// <summary>The mechanism's own input of this name.</summary>
    /// <exception cref="ArgumentException">It was not given.</exception>
    public Tensor Required(string name) => Named.TryGetValue(name, out var tensor)
        ? tensor
        : throw new ArgumentException($"Input '{name}' is missing; given are {(Named.Count == 0 ? "none" : string.Join(", ", Named.Keys))}.");

    /// <summary>The mechanism's own input of this name, or null.</summary>
    public Tensor? Optional(string name) => Named.GetValueOrDefault(name);

    /// <summary>The same call on other tensors: q, k, v and every named floating-point input go through a function, all else stays.</summary>
    /// <param name="change">Gives the tensor that takes another's place, of the same shape.</param>
    public AttentionInputs Map(Func<Tensor, Tensor> change) => this with
    {
        Query = change(Query),
        Key = change(Key),
        Value = change(Value),
        Named = Named.ToDictionary(pair => pair.Key, pair => pair.Value.is_floating_point() ? change(pair.Value) : pair.Value),
    };

    /// <summary>Draws every input of an operator with a seed; the same seed gives the same numbers. The caller's dispose scope owns them.</summary>
    public static AttentionInputs Draw(AttentionOperator attention, AttentionShape shape, int seed, ScalarType dtype, Device device)
    {
        using var generator = new Generator((ulong)seed, CPU);
        var drawn = attention.Inputs.ToDictionary(
            spec => spec.Name,
            spec => Draw(spec.Kind, spec.Sizes(shape, attention.Settings.KeyValueHeads), generator).to(dtype).to(device));
        return new AttentionInputs(drawn["q"], drawn["k"], drawn["v"])
        {
            Named = drawn.Where(pair => pair.Key is not ("q" or "k" or "v")).ToDictionary(pair => pair.Key, pair => pair.Value),
        };
    }

    private static Tensor Draw(InputKind kind, long[] sizes, Generator generator)
    {
        var normal = randn(sizes, dtype: ScalarType.Float32, generator: generator);
        return kind switch
        {
            InputKind.Normal => normal,
            InputKind.UnitVector => normal / normal.norm(-1, keepdim: true),
            InputKind.LogDecay => nn.functional.logsigmoid(normal) / 4,
            InputKind.LogDecayRate => nn.functional.logsigmoid(normal) - 0.5,
            InputKind.Gate => normal.sigmoid(),
            InputKind.Positive => nn.functional.softplus(normal, 1, 20),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of input."),
        };
    }

    /// <summary>All tensors that a gradient may flow to, by name: q, k, v and the mechanism's own floating-point inputs.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Differentiable() =>
        new[] { KeyValuePair.Create("q", Query), KeyValuePair.Create("k", Key), KeyValuePair.Create("v", Value) }
            .Concat(Named.Where(pair => pair.Value.is_floating_point()));
}
