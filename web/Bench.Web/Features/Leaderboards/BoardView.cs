using System.Text.Json.Serialization;
using Bench.Domain.Analysis;
using Bench.Web.Components.Format;

namespace Bench.Web.Features.Leaderboards;

/// <summary>A board and its ranks.</summary>
internal sealed record BoardView
{
    /// <summary>What is ranked.</summary>
    public required BoardDefinition Board { get; init; }

    /// <summary>Kinds of environment to choose from.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Kind of environment that is shown.</summary>
    public string? Group { get; init; }

    /// <summary>closed or open.</summary>
    public string Division { get; init; } = BoardQuery.Closed;

    /// <summary>Shape of the cells.</summary>
    public string Setting { get; init; } = "";

    /// <summary>What times are divided by; null on other boards.</summary>
    public string? Baseline { get; init; }

    /// <summary>Cells with their weights in the score, in order of difficulty.</summary>
    public IReadOnlyList<BoardCell> Cells { get; init; } = [];

    /// <summary>Entrants with a number in every cell, by rank.</summary>
    public IReadOnlyList<BoardRow> Rows { get; init; } = [];

    /// <summary>Entrants without, who are not ranked.</summary>
    public IReadOnlyList<PartialRow> Partial { get; init; } = [];

    /// <summary>Entrants of the other division.</summary>
    public int Elsewhere { get; init; }

    /// <summary>Newest number.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>A score, or a cell of it, as people read it.</summary>
    public string Text(double score) => Board.Kind switch
    {
        BoardKind.Speed => Show.Ratio(Math.Exp(score)),
        BoardKind.EfficiencyLength => Show.Count((long)Math.Round(score)),
        BoardKind.Compositional => Show.Significant(score),
        _ => Show.Percent(score) + " %",
    };
}

/// <summary>A part of a score.</summary>
/// <param name="Label">Length, difficulty, task or metric.</param>
/// <param name="Weight">Share of it in the score.</param>
internal sealed record BoardCell(string Label, double Weight);

/// <summary>One ranked entrant; scores of speed boards are logarithms of ratios.</summary>
internal sealed record BoardRow(RankedEntrant Rank, string Implementation, IReadOnlyList<double?> Cells)
{
    /// <summary>An efficiency length with its interval or its bound, such as <c>&gt; 8192</c>; empty on other boards.</summary>
    public string ScoreText { get; init; } = "";

    /// <summary>The same for memory.</summary>
    public string MemoryText { get; init; } = "";

    /// <summary>Agents that measured this implementation on the board's task.</summary>
    public int Agents { get; init; }

    /// <summary>Best ranks of the last days, oldest first.</summary>
    [JsonIgnore]
    public IReadOnlyList<(DateTime Day, int Rank, bool IsSameDefinition)> History { get; init; } = [];

    /// <summary>What verification the numbers have.</summary>
    public string Verification => Agents > 1 ? "reproduced" : "self-reported";
}

/// <summary>One entrant that lacks numbers.</summary>
internal sealed record PartialRow(string Id, string Implementation, int Count);
