namespace Bench.Data.Rows;

/// <summary>Where an entrant stood on a board on one day.</summary>
public sealed class BoardRankRow
{
    /// <summary>Board.</summary>
    public required string Board { get; set; }

    /// <summary>Kind of environment that was ranked.</summary>
    public required string ComparabilityKey { get; set; }

    /// <summary>Entrant.</summary>
    public required string Entrant { get; set; }

    /// <summary>Midnight UTC of the day.</summary>
    public required DateTime Day { get; set; }

    /// <summary>Hash of the board's definition on that day: another hash explains a move that no result explains.</summary>
    public required string Definition { get; set; }

    /// <summary>Best rank that could not be excluded.</summary>
    public required int BestRank { get; set; }

    /// <summary>Worst rank that could not be excluded.</summary>
    public required int WorstRank { get; set; }

    /// <summary>Score.</summary>
    public required double Score { get; set; }
}
