using System.Globalization;

namespace Bench.Domain.Results;

/// <summary>A number that describes the attention map of a trained layer; stored among the facts of a run under <see cref="Key"/>.</summary>
/// <param name="Name">camelCase name.</param>
/// <param name="Unit">Unit symbol; <c>1</c> for a fraction.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Description">How it is computed.</param>
public sealed record AttentionDiagnostic(string Name, string Unit, string Title, string Description)
{
    private const string LayerMark = ".layer";

    /// <summary>How widely queries spread their attention.</summary>
    public static AttentionDiagnostic Entropy { get; } = new(
        "attentionEntropy", "nat", "Entropy", "Entropy of a query's attention, mean over queries and heads; 0 when each query reads one key.");

    /// <summary>Whether one place draws attention whatever is asked.</summary>
    public static AttentionDiagnostic SinkMass { get; } = new(
        "sinkMass", "1", "Sink mass",
        "Attention that the most attended place receives from the queries that may see it, mean over rows and heads (arXiv:2410.13835).");

    /// <summary>Whether that place says little.</summary>
    public static AttentionDiagnostic SinkValueNorm { get; } = new(
        "sinkValueNorm", "1", "Sink value norm", "Norm of the value at that place over the mean norm of values; sinks of dormant heads are small.");

    /// <summary>Heads that do nothing most of the time.</summary>
    public static AttentionDiagnostic DormantHeads { get; } = new(
        "dormantHeads", "1", "Dormant heads", "Share of heads that give more than half of their attention to a place whose value is smaller than average.");

    /// <summary>Whether heads do different things.</summary>
    public static AttentionDiagnostic HeadDivergence { get; } = new(
        "headDivergence", "nat", "Head divergence", "Jensen–Shannon divergence of the attention of two heads for the same query, mean over pairs; at most ln 2.");

    /// <summary>How far back queries read.</summary>
    public static AttentionDiagnostic Span { get; } = new(
        "attentionSpan", "token", "Effective span", "Distance from a query to the keys it reads, weighted by its attention; self patterns only.");

    /// <summary>Whether different queries read differently.</summary>
    public static AttentionDiagnostic Injectivity { get; } = new(
        "injectivity", "1", "Injectivity",
        "Share of pairs of different queries whose attention over the same keys differs by at least 0.01 in total variation (after arXiv:2412.06590).");

    /// <summary>All diagnostics in the order in which they are shown.</summary>
    public static IReadOnlyList<AttentionDiagnostic> All { get; } =
        [Entropy, SinkMass, SinkValueNorm, DormantHeads, HeadDivergence, Span, Injectivity];

    /// <summary>Name of the fact for a layer, counted from 1 over all layers of the model.</summary>
    public string Key(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Name}{LayerMark}{layer}");

    /// <summary>The diagnostic and the layer that a fact is about; null for other facts.</summary>
    public static (AttentionDiagnostic Diagnostic, int Layer)? Of(string fact)
    {
        var mark = fact.LastIndexOf(LayerMark, StringComparison.Ordinal);
        return mark > 0 && int.TryParse(fact.AsSpan(mark + LayerMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer)
            && All.FirstOrDefault(known => known.Name == fact[..mark]) is { } diagnostic
                ? (diagnostic, layer)
                : null;
    }
}
