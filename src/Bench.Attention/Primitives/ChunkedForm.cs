using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// Chunks of L tokens as matrix products, the state carried from chunk to chunk: O(N·(L·(D+E) + D·E)) time and O(N + L²) memory on any
/// device. The backward pass keeps one state a chunk and computes everything else anew.
/// </summary>
/// <param name="length">L: longest chunk, a power of two; shorter ones are taken where a decay per channel would leave the number range.</param>
public sealed class ChunkedForm(int length) : RecurrenceForm
{
    // e^±exponent must stay in range and leave room for the product with keys and queries.
    private const double LargestExponent32 = 60;
    private const double LargestExponent64 = 500;

    // Below this length the explicit differences cost less than the loop over chunks.
    private const int ShortestFactored = 8;
    private const int DifferencesLength = 16;

    /// <summary>Chunks of 64 tokens, the usual choice.</summary>
    public static ChunkedForm Default { get; } = new(64);

    /// <inheritdoc />
    protected override RecurrenceResult Compute(Recurrence recurrence)
    {
        var (chunk, differences) = Plan(recurrence);
        return CheckpointedChunks.Run(recurrence, chunk, differences);
    }

    /// <inheritdoc />
    public override double ActivationElements(AttentionShape shape) =>
        OutputAndState(shape) + shape.Rows * (3.0 * length * length + 4.0 * length * (shape.HeadSize + shape.ValueSize));

    /// <summary>One chunk by the rule that the recurrence follows.</summary>
    internal static RecurrenceResult Step(Recurrence chunk, bool differences) =>
        chunk.Strength is not null ? ChunkStep.Delta(chunk, differences)
        : chunk.CorrectionRead is not null ? ChunkStep.LowRank(chunk, differences)
        : ChunkStep.Additive(chunk, differences);

    /// <summary>
    /// The longest chunk over which no channel decays by more than the number range allows, so that e^{G_i} and e^{−G_j} can be factored
    /// into the matrix product; explicit differences where even short chunks decay too much.
    /// </summary>
    private (long Length, bool Differences) Plan(Recurrence recurrence)
    {
        if (recurrence.LogDecay is not { } decay || decay.shape[3] == 1 || decay.shape[2] < recurrence.Length)
        {
            return (length, false);
        }

        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var largest = recurrence.Key.dtype == ScalarType.Float64 ? LargestExponent64 : LargestExponent32;
        for (long candidate = length; candidate >= ShortestFactored; candidate /= 2)
        {
            if (StrongestDecay(decay, candidate) <= largest)
            {
                return (candidate, false);
            }
        }

        return (DifferencesLength, true);
    }

    private static double StrongestDecay(Tensor decay, long chunk)
    {
        var strongest = 0.0;
        var whole = decay.shape[2] / chunk * chunk;
        if (whole > 0)
        {
            strongest = -decay.narrow(2, 0, whole).unflatten(2, [-1, chunk]).sum(3).min().to(ScalarType.Float64).item<double>();
        }

        return whole == decay.shape[2]
            ? strongest
            : Math.Max(strongest, -decay.narrow(2, whole, decay.shape[2] - whole).sum(2).min().to(ScalarType.Float64).item<double>());
    }
}
