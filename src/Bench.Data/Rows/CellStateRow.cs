using Bench.Domain.Results;

namespace Bench.Data.Rows;

/// <summary>How the newest counting runs of a cell ended in one kind of environment. Written in the transaction that stores a run.</summary>
public sealed class CellStateRow
{
    /// <summary>Cell.</summary>
    public required int CellId { get; set; }

    /// <summary>Kind of environment.</summary>
    public required string ComparabilityKey { get; set; }

    /// <summary>Coarse kind of device.</summary>
    public required string DeviceClass { get; set; }

    /// <summary>Succeeded when at least one seed brought numbers.</summary>
    public required Outcome Outcome { get; set; }

    /// <summary>Why not, when no seed did.</summary>
    public FailureClass? FailureClass { get; set; }

    /// <summary>What happened and why.</summary>
    public string? FailureMessage { get; set; }

    /// <summary>Newest run; null when the server itself gave the job up.</summary>
    public string? RunId { get; set; }

    /// <summary>Seeds that have a counting run.</summary>
    public required int Seeds { get; set; }

    /// <summary>Those of them without numbers.</summary>
    public required int FailedSeeds { get; set; }

    /// <summary>When it changed last.</summary>
    public required DateTime UpdatedAt { get; set; }
}

/// <summary>The newest numbers of a cell in one kind of environment: what charts and tables read.</summary>
public sealed class CellSummaryRow
{
    /// <summary>Cell.</summary>
    public required int CellId { get; set; }

    /// <summary>Kind of environment.</summary>
    public required string ComparabilityKey { get; set; }

    /// <summary>Metric name.</summary>
    public required string Metric { get; set; }

    /// <summary>Unit.</summary>
    public required string Unit { get; set; }

    /// <summary>Which way it improves.</summary>
    public required Better Better { get; set; }

    /// <summary>Coarse kind of device.</summary>
    public required string DeviceClass { get; set; }

    /// <summary>Median of the samples of one seed, or of the seeds' medians.</summary>
    public required double Median { get; set; }

    /// <summary>Lower end of the 95 % interval.</summary>
    public required double Low { get; set; }

    /// <summary>Upper end of the 95 % interval.</summary>
    public required double High { get; set; }

    /// <summary>Samples of the one seed, or number of seeds.</summary>
    public required int Count { get; set; }

    /// <summary>Mean over the seeds' medians.</summary>
    public required double Mean { get; set; }

    /// <summary>One number for each seed, in order of the seeds.</summary>
    public required double[] SeedValues { get; set; }

    /// <summary>Newest run.</summary>
    public required string RunId { get; set; }

    /// <summary>When it changed last.</summary>
    public required DateTime UpdatedAt { get; set; }
}
