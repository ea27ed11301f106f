using System.Text.Json.Serialization;

namespace Bench.Domain.Matrix;

/// <summary>
/// Which keys a query may read (CAB, arXiv:2210.07661, section 2). Written in kebab case wherever it is text: <c>causal-self</c>.
/// </summary>
[JsonConverter(typeof(AttentionPatternJsonConverter))]
public enum AttentionPattern
{
    /// <summary>Keys are the query's own sequence, all of them visible.</summary>
    NoncausalSelf,

    /// <summary>Keys are the query's own sequence, none later than the query.</summary>
    CausalSelf,

    /// <summary>Keys are another sequence; an output may depend on every query.</summary>
    NoncausalCross,

    /// <summary>
    /// Keys are another sequence, all of them visible to every query; an output may not depend on later <em>queries</em>.
    /// There is no triangle between queries and keys.
    /// </summary>
    CausalCross,
}

/// <summary>Questions about patterns, and their text form.</summary>
public static class AttentionPatterns
{
    /// <summary>The four patterns in the order in which they are shown.</summary>
    public static IReadOnlyList<AttentionPattern> All { get; } =
        [AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross];

    extension(AttentionPattern pattern)
    {
        /// <summary>Whether an output must never depend on a later position of the query sequence.</summary>
        public bool IsCausal => pattern is AttentionPattern.CausalSelf or AttentionPattern.CausalCross;

        /// <summary>Whether keys come from another sequence than queries.</summary>
        public bool IsCross => pattern is AttentionPattern.NoncausalCross or AttentionPattern.CausalCross;

        /// <summary>The kebab-case name, such as <c>causal-self</c>.</summary>
        public string Name => pattern switch
        {
            AttentionPattern.NoncausalSelf => "noncausal-self",
            AttentionPattern.CausalSelf => "causal-self",
            AttentionPattern.NoncausalCross => "noncausal-cross",
            AttentionPattern.CausalCross => "causal-cross",
            _ => throw new ArgumentOutOfRangeException(nameof(pattern), pattern, "There are four patterns."),
        };

        /// <summary>CAB's two letters: NS, CS, NC or CC.</summary>
        public string Short => (pattern.IsCausal ? "C" : "N") + (pattern.IsCross ? "C" : "S");
    }

    /// <summary>Reads a kebab-case name.</summary>
    /// <returns>False when the text names no pattern.</returns>
    public static bool TryParse(string? text, out AttentionPattern pattern)
    {
        foreach (var candidate in All)
        {
            if (candidate.Name == text)
            {
                pattern = candidate;
                return true;
            }
        }

        pattern = default;
        return false;
    }

    /// <summary>Reads a kebab-case name.</summary>
    /// <exception cref="FormatException">The text names no pattern; the message lists the four.</exception>
    public static AttentionPattern Parse(string text) => TryParse(text, out var pattern)
        ? pattern
        : throw new FormatException($"'{text}' is not an attention pattern; use one of {string.Join(", ", All.Select(p => p.Name))}.");
}
