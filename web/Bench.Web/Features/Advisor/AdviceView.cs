using Bench.Domain.Matrix;
using Bench.Web.Features.Curves;

namespace Bench.Web.Features.Advisor;

/// <summary>What is wanted; null leaves the choice to the query, or sets no limit.</summary>
/// <param name="Task">Task of the efficiency suite: which pass is to be fast.</param>
/// <param name="Pattern">Pattern.</param>
/// <param name="Length">N in tokens, a measured one.</param>
/// <param name="Group">Kind of environment.</param>
/// <param name="Shape">Batch, heads, head size and element type.</param>
/// <param name="MemoryBytes">Most memory that one pass may take.</param>
/// <param name="Recall">Least accuracy in associative recall, from 0 to 1.</param>
/// <param name="Difficulty">Setting of the recall task, such as <c>256/32</c>.</param>
internal sealed record AdviceFilter(
    string? Task = null, AttentionPattern? Pattern = null, int? Length = null, string? Group = null, string? Shape = null, double? MemoryBytes = null,
    double? Recall = null, string? Difficulty = null);

/// <summary>What to use, and what it rests on.</summary>
internal sealed record AdviceView
{
    /// <summary>The filter with every choice made.</summary>
    public required AdviceFilter Filter { get; init; }

    /// <summary>Tasks to choose from.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Patterns to choose from.</summary>
    public IReadOnlyList<AttentionPattern> Patterns { get; init; } = [];

    /// <summary>Measured lengths to choose from.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [];

    /// <summary>Kinds of environment to choose from.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Shapes to choose from.</summary>
    public IReadOnlyList<string> Shapes { get; init; } = [];

    /// <summary>Settings of the recall task to choose from, from easy to hard.</summary>
    public IReadOnlyList<string> Difficulties { get; init; } = [];

    /// <summary>What fits, the fastest first.</summary>
    public IReadOnlyList<Advice> Fits { get; init; } = [];

    /// <summary>What does not, with the reason.</summary>
    public IReadOnlyList<Refusal> Refused { get; init; } = [];

    /// <summary>Newest number.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>One implementation that fits.</summary>
internal sealed record Advice
{
    /// <summary>Implementation with its options.</summary>
    public required string Id { get; init; }

    /// <summary>Implementation id.</summary>
    public required string Implementation { get; init; }

    /// <summary>Shared by all that cannot be told apart from the fastest; otherwise the place.</summary>
    public required int Rank { get; init; }

    /// <summary>Time at the length.</summary>
    public required MeasuredPoint Time { get; init; }

    /// <summary>Peak memory at the length; null when it was not measured.</summary>
    public required MeasuredPoint? Memory { get; init; }

    /// <summary>Time over that of the fastest, with its 95 % interval; null for the fastest itself.</summary>
    public Domain.Analysis.Estimate? Ratio { get; init; }

    /// <summary>Whether the interval of <see cref="Ratio"/> contains 1.</summary>
    public bool IsTied { get; init; }

    /// <summary>What is known about its recall.</summary>
    public RecallEvidence? Recall { get; init; }
}

/// <summary>A recall figure that stands for an implementation.</summary>
/// <param name="Series">The series that was trained; another implementation of the mechanism computes the same function.</param>
/// <param name="Accuracy">Median over seeds.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Seeds">Seeds.</param>
/// <param name="RunId">Newest run.</param>
internal sealed record RecallEvidence(string Series, double Accuracy, double Low, double High, int Seeds, string RunId);

/// <summary>One implementation that does not fit.</summary>
/// <param name="Id">Implementation with its options.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Reason">Why, with the number.</param>
/// <param name="RunId">The run that shows it.</param>
internal sealed record Refusal(string Id, string Implementation, string Reason, string? RunId);
