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
    protected override bool TakesRawFeatures => true;

    /// <inheritdoc />
    protected override RecurrenceResult Compute(Recurrence recurrence)
    {
        // Decays have to be known before chunks are laid out; what maps a row by itself can wait until its chunk is in cache.
        var flat = recurrence.WithUnitKeyTerms().Flattened();
        var (chunk, factored) = Plan(flat);
        return CheckpointedChunks.Run(flat, chunk, factored).Unflattened(recurrence.Key.shape[0]);
    }

    /// <inheritdoc />
    public override double ActivationElements(AttentionShape shape) =>
        OutputAndState(shape) + shape.Rows * (3.0 * length * length + 4.0 * length * (shape.HeadSize + shape.ValueSize));

    /// <summary>
    /// The longest chunk over which no channel decays by more than the number range allows, so that e^{G_i − G_j} can be factored. Where a decay per
    /// head is stronger, its differences are formed in chunks of full length; where one per channel is so even in short chunks, in chunks that keep
    /// the differences small.
    /// </summary>
    private (long Length, bool Factored) Plan(Recurrence recurrence)
    {
        if ((recurrence.LogDecay ?? recurrence.ValueLogDecay) is not { } decay)
        {
            return (length, true);
        }

        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var largest = recurrence.Key.dtype == ScalarType.Float64 ? LargestExponent64 : LargestExponent32;
        var isPerChannel = decay.shape[2] > 1;
        for (long candidate = length; candidate >= (isPerChannel ? ShortestFactored : length); candidate /= 2)
        {
            if (StrongestDecay(decay, Math.Min(candidate, recurrence.Length)) <= largest)
            {
                return (candidate, true);
            }
        }

        return (isPerChannel ? DifferencesLength : length, false);
    }

    /// <summary>The most that any channel decays over any chunk; a constant decay is one row, <c>[G, 1, D or 1]</c>.</summary>
    private static double StrongestDecay(Tensor decay, long chunk)
    {
        if (decay.shape[1] == 1)
        {
            return -chunk * decay.min().to(ScalarType.Float64).item<double>();
        }

        var strongest = 0.0;
        var whole = decay.shape[1] / chunk * chunk;
        if (whole > 0)
        {
            strongest = -decay.narrow(1, 0, whole).unflatten(1, [-1, chunk]).sum(2).min().to(ScalarType.Float64).item<double>();
        }

        return whole == decay.shape[1]
            ? strongest
            : Math.Max(strongest, -decay.narrow(1, whole, decay.shape[1] - whole).sum(1).min().to(ScalarType.Float64).item<double>());
    }
}
