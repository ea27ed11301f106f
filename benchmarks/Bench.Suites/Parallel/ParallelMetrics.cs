using Bench.Domain.Results;

namespace Bench.Suites.Parallel;

/// <summary>What a sequence-parallel run reports.</summary>
public static class ParallelMetrics
{
    /// <summary>Bytes of one direction.</summary>
    public static Metric ForwardBytes { get; } = new(
        "forwardBytesSent", "B", Better.Lower, "Sent forward",
        "Bytes of tensors that each worker sends in a forward pass, counted at its socket and equal to the formula.");

    /// <summary>Bytes of the other direction.</summary>
    public static Metric BackwardBytes { get; } = new(
        "backwardBytesSent", "B", Better.Lower, "Sent backward",
        "Bytes of tensors that each worker sends in a backward pass, counted at its socket and equal to the formula.");
}
