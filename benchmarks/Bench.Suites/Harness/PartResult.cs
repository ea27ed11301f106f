using Bench.Domain.Results;

namespace Bench.Suites.Harness;

/// <summary>What one child process brought home.</summary>
public sealed record PartResult
{
    /// <summary>Samples of each metric.</summary>
    public IReadOnlyList<MetricSamples> Metrics { get; init; } = [];

    /// <summary>Evaluations during training.</summary>
    public IReadOnlyList<CurvePoint> LearningCurve { get; init; } = [];

    /// <summary>Further numbers that are no metric.</summary>
    public SortedDictionary<string, double> Facts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What the correctness gate found, where the part has one.</summary>
    public CorrectnessReport? Correctness { get; init; }

    /// <summary>Facts about the process: threads, allocator, library versions.</summary>
    public RunEnvironment Environment { get; init; } = [];

    /// <summary>Seconds by phase.</summary>
    public SortedDictionary<string, double> PhaseSeconds { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>A cell ended without a number for a reason that is a result: it travels from the child to the site.</summary>
public sealed class CellFailedException(Failure failure) : Exception(failure.Message)
{
    /// <summary>Class, message and remedy.</summary>
    public Failure Failure { get; } = failure;

    /// <summary>Builds the exception from its parts.</summary>
    public CellFailedException(FailureClass kind, string message, string remedy)
        : this(new Failure(kind, message, remedy))
    {
    }
}
