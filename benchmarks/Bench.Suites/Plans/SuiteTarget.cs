using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Suites.Plans;

/// <summary>A bound that a suite sets to a metric: what the measured figures are held against after a run.</summary>
public sealed class SuiteTarget
{
    /// <summary>Name of the metric.</summary>
    public string? Metric { get; set; }

    /// <summary>Implementation ids; <c>*</c> stands for any part of an id.</summary>
    public List<string>? Implementations { get; set; }

    /// <summary>Least good value of a metric that should be large.</summary>
    public double? AtLeast { get; set; }

    /// <summary>Least good value of a metric that should be small.</summary>
    public double? AtMost { get; set; }

    /// <summary>Whether the target is about this implementation.</summary>
    public bool Covers(string implementation) => Implementations?.Any(pattern => SuiteReader.IdPattern(pattern).IsMatch(implementation)) == true;

    /// <summary>Holds a cell's samples against the target; null when it is about something else.</summary>
    /// <param name="cell">What was run.</param>
    /// <param name="metrics">What it measured; a metric that is missing is a target that was missed.</param>
    public TargetLine? Judge(Cell cell, IReadOnlyList<MetricSamples> metrics)
    {
        if (!Covers(cell.Implementation))
        {
            return null;
        }

        var samples = metrics.FirstOrDefault(metric => metric.Name == Metric)?.Samples;
        double? value = samples is { Count: > 0 } ? Quantiles.Median([.. samples]) : null;
        return new TargetLine(
            Metric!, cell.Implementation, value, AtLeast, AtMost, value is { } found && !(found < AtLeast) && !(found > AtMost));
    }

    /// <summary>What is wrong with the target, in one sentence a mistake.</summary>
    /// <param name="at">Its place in the file.</param>
    public IEnumerable<string> Mistakes(string at)
    {
        if (string.IsNullOrWhiteSpace(Metric))
        {
            yield return $"{at}.metric: name a metric of the suite's tasks, such as 'timeMs'.";
        }

        if (Implementations is not { Count: > 0 })
        {
            yield return $"{at}.implementations: list at least one id, such as 'linear-attention/fused' or '*'.";
        }

        if (AtLeast is null == AtMost is null)
        {
            yield return $"{at}: give either 'atLeast' or 'atMost'.";
        }
    }
}

/// <summary>One figure beside its target.</summary>
/// <param name="Metric">Name of the metric.</param>
/// <param name="Implementation">Whose figure.</param>
/// <param name="Value">Median of the samples; null when there is no number.</param>
/// <param name="AtLeast">Lower bound, or null.</param>
/// <param name="AtMost">Upper bound, or null.</param>
/// <param name="Reached">Whether the figure keeps the bound.</param>
public sealed record TargetLine(
    string Metric, string Implementation, double? Value = null, double? AtLeast = null, double? AtMost = null, bool Reached = false);
