using Bench.Domain.Matrix;

namespace Bench.Attention;

/// <summary>
/// Puts an <see cref="AttentionOperator"/> or a whole <see cref="AttentionLayer"/> into the catalogue. A new implementation is one new
/// file with a class that carries this attribute.
/// </summary>
/// <param name="id"><c>mechanism/implementation</c> in kebab case, such as <c>retention/parallel</c>.</param>
/// <param name="patterns">Patterns that the mechanism's authors define.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AttentionAttribute(string id, params AttentionPattern[] patterns) : Attribute
{
    /// <summary><c>mechanism/implementation</c>.</summary>
    public string Id { get; } = id;

    /// <summary>Patterns that the mechanism's authors define.</summary>
    public IReadOnlyList<AttentionPattern> Patterns { get; } = patterns;

    /// <summary>Patterns that follow from the mathematics but were not published; shown as <em>extension</em>.</summary>
    public AttentionPattern[] Extensions { get; init; } = [];

    /// <summary>Mechanism name for people, such as "Sliding-window attention".</summary>
    public required string Title { get; init; }

    /// <summary>Paper, such as <c>arXiv:2006.16236</c>.</summary>
    public required string Paper { get; init; }

    /// <summary>Time of a full pass, such as <c>O(N·D²)</c>.</summary>
    public required string Time { get; init; }

    /// <summary>Memory of a full pass beyond its inputs and output, such as <c>O(N·M)</c>.</summary>
    public required string Memory { get; init; }

    /// <summary>Formula of the numbers kept per sequence between decode steps; empty when there is no decode.</summary>
    public string State { get; init; } = "";

    /// <summary>Whether this is the plain implementation that its siblings are tested against; one per mechanism.</summary>
    public bool Reference { get; init; }

    /// <summary>
    /// Whether the outcome depends on random draws made in <c>forward</c> even in evaluation mode, so that laws and the
    /// correctness gate must feed or seed them.
    /// </summary>
    public bool Random { get; init; }

    /// <summary>
    /// Whether keys are chosen by looking at the whole prompt, later tokens included, though only earlier ones are read: a form for known prompts
    /// that neither trains nor decodes. Values and gradients obey causality; another end of the prompt may choose other keys.
    /// </summary>
    public bool ChoosesAhead { get; init; }
}
