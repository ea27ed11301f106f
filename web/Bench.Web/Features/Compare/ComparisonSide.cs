using System.Globalization;

namespace Bench.Web.Features.Compare;

/// <summary>
/// One side of a comparison: the newest runs that fit every condition. Written as <c>kind:value</c>, separated by commas, such as
/// <c>implementation:gla/chunked,commit:0123abc</c>; a bare id is an implementation when it has a slash and a mechanism otherwise.
/// </summary>
internal sealed record ComparisonSide
{
    /// <summary>Implementation id.</summary>
    public string? Implementation { get; init; }

    /// <summary>Mechanism id.</summary>
    public string? Mechanism { get; init; }

    /// <summary>First letters of the commit that was measured.</summary>
    public string? Commit { get; init; }

    /// <summary>Name of the agent that measured.</summary>
    public string? Agent { get; init; }

    /// <summary>Comparability key of the environment.</summary>
    public string? Environment { get; init; }

    /// <summary>Element type.</summary>
    public string? Dtype { get; init; }

    /// <summary>Runs received at this instant or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Runs received before this instant.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether only the newest run of each cell can fit, so that older ones need not be read.</summary>
    public bool IsLatest => Commit is null && Agent is null && Since is null && Until is null;

    /// <summary>Whether the side says itself in which environment or on which machine its runs were made.</summary>
    public bool NamesPlace => Environment is not null || Agent is not null;

    /// <summary>Names of the conditions, for messages.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["implementation", "mechanism", "commit", "agent", "environment", "dtype", "since", "until"];

    /// <summary>Reads a side.</summary>
    /// <param name="text">Conditions.</param>
    /// <param name="side">The side.</param>
    /// <param name="mistake">What is wrong with the text and what would be right; null when it was read.</param>
    public static bool TryParse(string? text, out ComparisonSide side, out string? mistake)
    {
        (side, mistake) = (new ComparisonSide(), null);
        var terms = (text ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (terms.Length == 0)
        {
            mistake = $"A side needs at least one condition: kind:value with a kind of {string.Join(", ", Kinds)}.";
            return false;
        }

        foreach (var term in terms)
        {
            var colon = term.IndexOf(':', StringComparison.Ordinal);
            var kind = colon > 0 ? term[..colon].ToLowerInvariant() : term.Contains('/', StringComparison.Ordinal) ? "implementation" : "mechanism";
            var value = colon > 0 ? term[(colon + 1)..] : term;
            if (value.Length == 0)
            {
                mistake = $"'{term}' has no value. Write {kind}:value.";
                return false;
            }

            if (!side.TryAdd(kind, value, out var next, out mistake))
            {
                return false;
            }

            side = next;
        }

        return true;
    }

    /// <summary>The conditions in a fixed order; equal sides have equal texts.</summary>
    public override string ToString() => string.Join(',', new[]
    {
        ("implementation", Implementation), ("mechanism", Mechanism), ("commit", Commit), ("agent", Agent), ("environment", Environment),
        ("dtype", Dtype), ("since", Instant(Since)), ("until", Instant(Until)),
    }.Where(term => term.Item2 is not null).Select(term => $"{term.Item1}:{term.Item2}"));

    private bool TryAdd(string kind, string value, out ComparisonSide side, out string? mistake)
    {
        (side, mistake) = (this, null);
        if (kind is "since" or "until")
        {
            if (!DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
            {
                mistake = $"'{value}' is no instant. Write {kind}:2025-03-01 or {kind}:2025-03-01T14:05:00Z.";
                return false;
            }

            side = kind == "since" ? this with { Since = at } : this with { Until = at };
            return true;
        }

        ComparisonSide? next = kind switch
        {
            "implementation" => this with { Implementation = value },
            "mechanism" => this with { Mechanism = value },
            "commit" => this with { Commit = value },
            "agent" => this with { Agent = value },
            "environment" => this with { Environment = value },
            "dtype" => this with { Dtype = value },
            _ => null,
        };
        mistake = next is null ? $"'{kind}' is no kind of condition. Use one of {string.Join(", ", Kinds)}." : null;
        side = next ?? this;
        return next is not null;
    }

    private static string? Instant(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
