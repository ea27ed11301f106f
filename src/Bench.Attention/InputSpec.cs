namespace Bench.Attention;

/// <summary>What values an input may take; decides how a benchmark or a test draws it.</summary>
public enum InputKind
{
    /// <summary>Standard normal.</summary>
    Normal,

    /// <summary>Normal, then scaled to length 1 along the last axis (keys of the delta rule).</summary>
    UnitVector,

    /// <summary>Logarithm of a decay: at most 0, log-sigmoid of a normal number divided by 4.</summary>
    LogDecay,

    /// <summary>ω, the logarithm of a decay's rate, for a decay of exp(−e^ω): at most −½, log-sigmoid of a normal number less ½ (RWKV-7, arXiv:2503.14456, section 4).</summary>
    LogDecayRate,

    /// <summary>Between 0 and 1: sigmoid of a normal number.</summary>
    Gate,

    /// <summary>Positive: softplus of a normal number.</summary>
    Positive,
}

/// <summary>One tensor that an operator takes beside or instead of plain queries, keys and values.</summary>
/// <param name="Name">Name under which it is passed: <c>q</c>, <c>k</c>, <c>v</c>, or the field's own, such as <c>g</c> or <c>beta</c>.</param>
/// <param name="Axes">Axes by their letters, such as <c>B H N</c> or <c>B H M D</c>; N and M are the query and key lengths,
/// D and E the key and value sizes, K the heads of keys and values; a number stands for itself.</param>
/// <param name="Kind">Values it may take.</param>
public sealed record InputSpec(string Name, string Axes, InputKind Kind)
{
    /// <summary>Queries, keys and values of plain attention.</summary>
    public static IReadOnlyList<InputSpec> Plain { get; } =
        [new("q", "B H N D", InputKind.Normal), new("k", "B K M D", InputKind.Normal), new("v", "B K M E", InputKind.Normal)];

    /// <summary>Queries, unit-length keys and values, as the delta rule wants them.</summary>
    public static IReadOnlyList<InputSpec> UnitKeys { get; } =
        [new("q", "B H N D", InputKind.UnitVector), new("k", "B K M D", InputKind.UnitVector), new("v", "B K M E", InputKind.Normal)];

    /// <summary>The concrete sizes for a call.</summary>
    /// <exception cref="ArgumentException">An axis is neither a known letter nor a number.</exception>
    public long[] Sizes(AttentionShape shape, int keyValueHeads) => [.. Axes.Split(' ').Select(axis => axis switch
    {
        "B" => shape.Batch,
        "H" => shape.Heads,
        "K" => keyValueHeads,
        "N" => shape.Length,
        "M" => shape.SourceLength,
        "D" => shape.HeadSize,
        "E" => shape.ValueSize,
        _ => long.TryParse(axis, out var size)
            ? size
            : throw new ArgumentException($"Axis '{axis}' of input '{Name}' is none of B, H, K, N, M, D, E and no number."),
    })];
}
