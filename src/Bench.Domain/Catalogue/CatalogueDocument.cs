using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Domain.Catalogue;

/// <summary>What an agent can run: sent at registration, so that the site knows names without loading any of the code.</summary>
public sealed record CatalogueDocument
{
    /// <summary>Every attention implementation.</summary>
    public required IReadOnlyList<ImplementationEntry> Implementations { get; init; }

    /// <summary>Every task.</summary>
    public required IReadOnlyList<TaskEntry> Tasks { get; init; }
}

/// <summary>One implementation as the site shows it.</summary>
public sealed record ImplementationEntry
{
    /// <summary><c>mechanism/implementation</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Mechanism name for people, such as "Sliding-window attention".</summary>
    public required string Title { get; init; }

    /// <summary>Folder of the mechanism: softmax, sparse, low-rank, kernel, recurrent, …</summary>
    public required string Family { get; init; }

    /// <summary>Patterns that its authors define.</summary>
    public required IReadOnlyList<AttentionPattern> Patterns { get; init; }

    /// <summary>Patterns that follow from the mathematics but that its authors did not publish.</summary>
    public IReadOnlyList<AttentionPattern> Extensions { get; init; } = [];

    /// <summary>Paper, such as <c>arXiv:2006.16236</c>.</summary>
    public required string Paper { get; init; }

    /// <summary>Time complexity of a full pass, such as <c>O(N·D²)</c>.</summary>
    public required string Time { get; init; }

    /// <summary>Memory complexity of a full pass.</summary>
    public required string Memory { get; init; }

    /// <summary>Formula of the numbers kept per sequence while decoding; empty when it does not decode.</summary>
    public string StateSize { get; init; } = "";

    /// <summary>Whether this is the plain implementation that its siblings are tested against.</summary>
    public bool IsReference { get; init; }

    /// <summary>Whether golden cases of the authors' code bind to this mechanism.</summary>
    public string Golden { get; init; } = "none";

    /// <summary>Option names with their defaults.</summary>
    public SortedDictionary<string, string> Options { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>One task as the site shows it.</summary>
public sealed record TaskEntry
{
    /// <summary><c>suite/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Name for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it isolates, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Metrics it reports, the headline first.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>Paper of the task.</summary>
    public string Paper { get; init; } = "";

    /// <summary>Value of the headline metric that random guessing reaches, where that has a meaning.</summary>
    public double? RandomGuess { get; init; }
}
