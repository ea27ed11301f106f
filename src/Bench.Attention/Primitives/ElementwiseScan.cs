using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>The recurrence <c>h_t = e^{g_t} ⊙ h_{t−1} + x_t</c> of numbers that do not mix, along axis 1: <c>[B, N, …]</c>.</summary>
public static class ElementwiseScan
{
    /// <summary>Token by token.</summary>
    /// <param name="logDecay">g, <c>[B, N, …]</c>.</param>
    /// <param name="input">x, the same axes.</param>
    /// <param name="initial">h before the first token, <c>[B, …]</c>; zero when null.</param>
    /// <returns>Every h, <c>[B, N, …]</c>, and the last, <c>[B, …]</c>.</returns>
    public static (Tensor Output, Tensor Final) Recurrent(Tensor logDecay, Tensor input, Tensor? initial)
    {
        var state = initial ?? zeros_like(input.select(1, 0));
        var states = new List<Tensor>();
        for (long t = 0; t < input.shape[1]; t++)
        {
            state = (logDecay.select(1, t).exp() * state) + input.select(1, t);
            states.Add(state);
        }

        return (stack(states, 1), state);
    }

    /// <summary>
    /// Chunk by chunk; inside a chunk an associative scan in log₂ L doublings, in which no factor exceeds 1, so that any decay is safe.
    /// </summary>
    /// <param name="logDecay">g.</param>
    /// <param name="input">x.</param>
    /// <param name="initial">h before the first token.</param>
    /// <param name="chunk">L.</param>
    public static (Tensor Output, Tensor Final) Chunked(Tensor logDecay, Tensor input, Tensor? initial, long chunk)
    {
        var outputs = new List<Tensor>();
        var state = initial;
        for (long start = 0; start < input.shape[1]; start += chunk)
        {
            var count = Math.Min(chunk, input.shape[1] - start);
            var (log, scanned) = Doublings(logDecay.narrow(1, start, count), input.narrow(1, start, count));
            scanned = state is null ? scanned : scanned + (log.exp() * state.unsqueeze(1));
            state = scanned.select(1, count - 1);
            outputs.Add(scanned);
        }

        return (cat(outputs, 1), state!);
    }

    /// <summary>All prefixes of pairs (decay, input) under <c>(a₂, b₂) ∘ (a₁, b₁) = (a₂ a₁, a₂ b₁ + b₂)</c>.</summary>
    private static (Tensor LogDecay, Tensor Output) Doublings(Tensor log, Tensor values)
    {
        var length = log.shape[1];
        for (long reach = 1; reach < length; reach *= 2)
        {
            var rest = length - reach;
            var (late, early) = (log.narrow(1, reach, rest), log.narrow(1, 0, rest));
            var joined = values.narrow(1, reach, rest) + (late.exp() * values.narrow(1, 0, rest));
            values = cat([values.narrow(1, 0, reach), joined], 1);
            log = cat([log.narrow(1, 0, reach), late + early], 1);
        }

        return (log, values);
    }
}
