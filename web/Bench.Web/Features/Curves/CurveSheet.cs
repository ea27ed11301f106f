using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Web.Features.Curves;

/// <summary>All cost curves of one task, shape and kind of environment: both costs, every pattern, and the efficiency lengths of one pattern.</summary>
internal sealed record CurveSheet
{
    /// <summary>The filter with every choice made.</summary>
    public required CurvesFilter Filter { get; init; }

    /// <summary>Tasks to choose from.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Patterns to choose from.</summary>
    public IReadOnlyList<AttentionPattern> Patterns { get; init; } = [];

    /// <summary>Kinds of environment to choose from; never merged into one chart.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Shapes to choose from.</summary>
    public IReadOnlyList<CurveShape> Shapes { get; init; } = [];

    /// <summary>Shape that is shown; null when nothing is measured.</summary>
    public CurveShape? Shape { get; init; }

    /// <summary>Curves of the chosen pattern, the baseline first, then by name.</summary>
    public IReadOnlyList<SheetCurve> Curves { get; init; } = [];

    /// <summary>Curves of every pattern.</summary>
    public IReadOnlyDictionary<AttentionPattern, IReadOnlyList<SheetCurve>> ByPattern { get; init; } =
        new Dictionary<AttentionPattern, IReadOnlyList<SheetCurve>>();

    /// <summary>Name of the baseline's curve; null when it has none in this pattern.</summary>
    public string? Baseline { get; init; }

    /// <summary>Newest point.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>One implementation with its options over all lengths.</summary>
internal sealed record SheetCurve
{
    /// <summary>Implementation, followed by the options that differ from the defaults.</summary>
    public required string Id { get; init; }

    /// <summary>Implementation id.</summary>
    public required string Implementation { get; init; }

    /// <summary>Times in milliseconds.</summary>
    public required CostPoints Time { get; init; }

    /// <summary>Peak memory in bytes.</summary>
    public required CostPoints Memory { get; init; }

    /// <summary>Cells without numbers, by length.</summary>
    public required IReadOnlyList<SheetFailure> Failures { get; init; }

    /// <summary>From which length on it is faster than the baseline.</summary>
    public EfficiencyLength? TimeLength { get; init; }

    /// <summary>From which length on it needs less memory than the baseline.</summary>
    public EfficiencyLength? MemoryLength { get; init; }

    /// <summary>From which length on the roofline lets it be faster than the baseline.</summary>
    public EfficiencyLength? PredictedLength { get; init; }

    /// <summary>Points of a metric.</summary>
    public CostPoints Of(string metric) => metric == Metric.PeakMemoryBytes.Name ? Memory : Time;
}

/// <summary>A cell without numbers.</summary>
/// <param name="Length">N.</param>
/// <param name="Class">Why.</param>
/// <param name="Message">What happened.</param>
/// <param name="RunId">The failed run, or null when the server gave the job up.</param>
internal sealed record SheetFailure(int Length, FailureClass Class, string Message, string? RunId)
{
    /// <summary>Whether the failure says something about cost: it ends the curve.</summary>
    public bool IsCost => Class is FailureClass.OutOfMemory or FailureClass.Timeout;
}

/// <summary>The points of one curve for one metric, and the lengths at which memory or time ran out.</summary>
/// <param name="Id">Implementation with its options.</param>
/// <param name="Points">By length.</param>
/// <param name="Failures">Lengths that ran out of memory or time.</param>
internal sealed record CostPoints(string Id, IReadOnlyList<MeasuredPoint> Points, IReadOnlyList<SheetFailure> Failures)
{
    /// <summary>Says which runs and failures the curve rests on.</summary>
    public string Fingerprint { get; } = Id + ":" + string.Join(',', Points.Select(point => point.RunId))
        + "!" + string.Join(',', Failures.Select(failure => failure.Length));
}

/// <summary>The newest number of one cell and metric.</summary>
/// <param name="Length">N.</param>
/// <param name="Median">Median of the repetitions.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Repetitions.</param>
/// <param name="RunId">Newest run.</param>
internal sealed record MeasuredPoint(int Length, double Median, double Low, double High, int Count, string RunId);
