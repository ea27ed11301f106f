using System.Text.Json.Serialization;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Web.Features.Compare;

/// <summary>What to compare; null leaves the choice to the query.</summary>
/// <param name="A">First side, <see cref="ComparisonSide"/>.</param>
/// <param name="B">Second side.</param>
/// <param name="Task">Task id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Floor">Smallest relative change that matters, such as 0.01.</param>
internal sealed record ComparisonFilter(string A, string B, string? Task = null, string? Metric = null, double Floor = ComparisonFilter.LeastFloor)
{
    /// <summary>Changes below one per cent do not matter unless the reader says so.</summary>
    public const double LeastFloor = 0.01;
}

/// <summary>Two sets of runs, cell by cell.</summary>
internal sealed record ComparisonView
{
    /// <summary>The filter with every choice made.</summary>
    public required ComparisonFilter Filter { get; init; }

    /// <summary>Why nothing can be compared: what is wrong with a side, and what would be right. Null when both were understood.</summary>
    public string? Mistake { get; init; }

    /// <summary>Tasks that both sides have runs of.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Metrics that both sides have numbers of.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Which way the metric improves.</summary>
    public Better Better { get; init; }

    /// <summary>Unit of the medians.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Relative change that is ignored: the reader's floor, raised by what pairs of the same code show.</summary>
    public double Tolerance { get; init; }

    /// <summary>Whether pairs of the same implementation and build raised the tolerance.</summary>
    public bool IsRaised { get; init; }

    /// <summary>Pairs, differences first: by change over the noise of the cell.</summary>
    public IReadOnlyList<ComparedPair> Pairs { get; init; } = [];

    /// <summary>Cells that only one side has, or that have no number on one of them, or that may not be compared.</summary>
    public IReadOnlyList<UnpairedCell> Unpaired { get; init; } = [];

    /// <summary>Facts of the environments that differ between the sides.</summary>
    public IReadOnlyList<FactDifference> Differences { get; init; } = [];

    /// <summary>Geometric mean of B over A with an interval over cells; null without pairs.</summary>
    public Estimate? Mean { get; init; }

    /// <summary>How many pairs were left out because there are too many.</summary>
    public int LeftOut { get; init; }

    /// <summary>Newest run of either side.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Pairs with a verdict.</summary>
    public int Count(Verdict verdict) => Pairs.Count(pair => pair.Verdict == verdict);
}

/// <summary>One cell that both sides have.</summary>
internal sealed record ComparedPair
{
    /// <summary>What both sides share: pattern, sizes, parameters.</summary>
    public required string Cell { get; init; }

    /// <summary>Series of A.</summary>
    public required string SeriesA { get; init; }

    /// <summary>Series of B.</summary>
    public required string SeriesB { get; init; }

    /// <summary>Pattern.</summary>
    public required AttentionPattern Pattern { get; init; }

    /// <summary>N.</summary>
    public required int Length { get; init; }

    /// <summary>Median of A.</summary>
    public required double MedianA { get; init; }

    /// <summary>Median of B.</summary>
    public required double MedianB { get; init; }

    /// <summary>Repetitions, or seeds, of A.</summary>
    public required int CountA { get; init; }

    /// <summary>Repetitions, or seeds, of B.</summary>
    public required int CountB { get; init; }

    /// <summary>Newest run of A.</summary>
    public required string RunA { get; init; }

    /// <summary>Newest run of B.</summary>
    public required string RunB { get; init; }

    /// <summary>B over A: of the medians, or of the undisturbed passes where only those decide.</summary>
    public required double Ratio { get; init; }

    /// <summary>Lower end of its 95 % interval.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end.</summary>
    public required double High { get; init; }

    /// <summary>Whether equal seeds of both sides were resampled together.</summary>
    public required bool IsPaired { get; init; }

    /// <summary>Whether ratio and p are of the quickest tenth of each process, which other work on the machine disturbed least.</summary>
    public required bool IsOfUndisturbed { get; init; }

    /// <summary>Cliff's delta of B against A.</summary>
    public required double Effect { get; init; }

    /// <summary>Two-sided p of this cell alone: Mann–Whitney over repetitions, and never surer than the comparison of whole processes.</summary>
    public required double PValue { get; init; }

    /// <summary>The same after Holm's correction over all cells of the comparison.</summary>
    public required double AdjustedP { get; init; }

    /// <summary>What may be claimed.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Whether both sides are the same implementation of the same build: any difference is noise.</summary>
    public required bool IsSameCode { get; init; }

    /// <summary>B over A minus 1.</summary>
    public double Change => Ratio - 1;

    /// <summary>The change over what this cell's noise would make of nothing; the order of the table.</summary>
    [JsonIgnore]
    public double Weight => Math.Abs(Change) / Math.Max(ComparisonFilter.LeastFloor, (High - Low) / 2);
}

/// <summary>A cell that could not be compared.</summary>
/// <param name="Cell">What it is.</param>
/// <param name="Series">Series of the side that has it.</param>
/// <param name="Kind">onlyA, onlyB or notComparable.</param>
/// <param name="Reason">Why.</param>
/// <param name="RunId">Run of the side that has it.</param>
internal sealed record UnpairedCell(string Cell, string Series, string Kind, string Reason, string? RunId);

/// <summary>A fact of the environment with other values on one side.</summary>
/// <param name="Name">Fact.</param>
/// <param name="A">Values of A.</param>
/// <param name="B">Values of B.</param>
/// <param name="IsKey">Whether times may only be compared where it is equal.</param>
internal sealed record FactDifference(string Name, string A, string B, bool IsKey);
