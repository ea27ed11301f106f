using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>
/// Where queries of associative recall stand: slots drawn without replacement with a power-law preference for early ones.
/// </summary>
internal static class RecallSlots
{
    /// <summary>Weights a·(j + 1)^(a − 1) of slots j = 0 … count − 1, up to a common factor.</summary>
    public static double[] PowerWeights(int count, double power) =>
        power > 0
            ? [.. Enumerable.Range(1, count).Select(j => Math.Pow(j, power - 1))]
            : throw new ArgumentOutOfRangeException(nameof(power), power, "The power of the gap distribution must be positive.");

    /// <summary>
    /// Draws distinct slots one after the other, each in proportion to the remaining weights. Done as a race of exponential clocks, whose
    /// order
    /// of arrival has the same distribution (Efraimidis and Spirakis, 2006).
    /// </summary>
    public static int[] Draw(CounterRandom random, double[] weights, int count)
    {
        var arrival = new double[weights.Length];
        var slots = new int[weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            arrival[i] = -Math.Log(1 - random.NextDouble()) / weights[i];
            slots[i] = i;
        }

        Array.Sort(arrival, slots);
        return slots[..count];
    }

    /// <summary>Replaces every token 0 by a uniform one, which may by accident be a key or a value.</summary>
    public static void FillZeros(CounterRandom random, Span<int> tokens, int vocabulary)
    {
        foreach (ref var token in tokens)
        {
            if (token == 0)
            {
                token = random.Next(vocabulary);
            }
        }
    }

    /// <summary>Checks the query region: every key once, at a slot's place, with its bound value as label; nothing else scored.</summary>
    public static string? BrokenQueries(TokenSample sample, int context, int stride, Dictionary<int, int> bound, bool randomNonQueries)
    {
        var scored = sample.ScoredPositions;
        if (scored.Length != bound.Count)
        {
            return $"{scored.Length} positions are scored, but there are {bound.Count} keys.";
        }

        var asked = new HashSet<int>();
        foreach (var position in scored)
        {
            if (position < context || (position - context) % stride != 0)
            {
                return $"Position {position} is scored, but queries stand {stride} apart from {context} on.";
            }

            var key = sample.Inputs[position];
            if (!bound.TryGetValue(key, out var value) || value != sample.Labels[position] || !asked.Add(key))
            {
                return $"At {position} the token {key} is no key, was asked before, or its label {sample.Labels[position]} is not its "
                    + "value.";
            }
        }

        for (var i = context; i < sample.Inputs.Length && !randomNonQueries; i++)
        {
            if (sample.Inputs[i] != 0 && sample.Labels[i] == TokenBatch.NotScored)
            {
                return $"Position {i} is no query but holds the token {sample.Inputs[i]} instead of 0.";
            }
        }

        return null;
    }
}
