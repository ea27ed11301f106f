using Bench.Domain.Results;

namespace Bench.Suites.Scaling;

/// <summary>What the scaling task reports. Every figure is a ratio of things that were timed in turn in one process.</summary>
public static class ScalingMetrics
{
    /// <summary>Useful work of a forward pass over the matrix-product peak.</summary>
    public static Metric ForwardShare { get; } = new(
        "forwardShareOfPeak", "1", Better.Higher, "Share of peak, forward",
        "Useful floating-point operations per second of a forward pass divided by those of a large matrix product timed in the same round. "
        + "Useful: what the recurrence needs, a multiply-add counting as 2; work that a form adds (triangles of chunks) is not counted.");

    /// <summary>The same with gradients.</summary>
    public static Metric ForwardBackwardShare { get; } = new(
        "forwardBackwardShareOfPeak", "1", Better.Higher, "Share of peak, forward and backward",
        "As for the forward pass, with three times its useful operations: a backward pass of a product is two products.");

    /// <summary>What the ruler is worth: no share of it can pass the inverse of this.</summary>
    public static Metric RulerShare { get; } = new(
        "rulerShareOfMultiplyAdds", "1", Better.Higher, "Ruler against the multipliers",
        "Operations per second of that matrix product divided by those of multiply-adds in registers, in the widest vectors of the core, timed in the same "
        + "round. A share of the peak times this is a share of what the multipliers can do.");

    /// <summary>How far time per token is from constant.</summary>
    public static Metric TimePerTokenSpread { get; } = new(
        "timePerTokenSpread", "1", Better.Lower, "Spread of time per token",
        "Largest over smallest time per token of a forward pass over the lengths from 4,096 to the cell's, minus 1. Each is the median over rounds of its "
        + "time against the mean of all lengths in the same round.");

    /// <summary>How peak memory grows.</summary>
    public static Metric MemoryExponent { get; } = new(
        "memoryExponent", "1", Better.Lower, "Growth of peak memory",
        "Slope of log peak memory of a forward and backward pass against log length from 4,096 to 32,768; 1 is linear.");

    /// <summary>How far the cost of a decode step is from constant.</summary>
    public static Metric DecodeSpread { get; } = new(
        "decodeSpread", "1", Better.Lower, "Spread of decode steps",
        "Largest over smallest time of a decode step after 1,024 to 65,536 tokens, minus 1. Each is the median over rounds of its time against the mean of "
        + "all prefixes in the same round.");

    /// <summary>Crossing with fused softmax attention.</summary>
    public static Metric EfficiencyLength { get; } = new(
        "efficiencyLength", "tokens", Better.Lower, "Efficiency length",
        "Length from which a forward pass is faster than fused causal softmax attention timed in turn; the shortest length tried where it always is.");
}
