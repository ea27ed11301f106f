using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of recall with embeddings instead of tokens.</summary>
public sealed record ContinuousMqarOptions
{
    /// <summary>V: the first half of the table are keys, the second half values.</summary>
    public int VocabularySize { get; init; } = 64;

    /// <summary>D: numbers per embedding.</summary>
    public int EmbeddingSize { get; init; } = 16;

    /// <summary>K: pairs, every key queried once.</summary>
    public int Pairs { get; init; } = 8;

    /// <summary>How often the pairs are shown, each time in a fresh order.</summary>
    public int Passes { get; init; } = 1;
}

/// <summary>Rows of a continuous task.</summary>
/// <param name="Inputs">Numbers [B, (passes + 1)·K, 2·D]: key and value side by side, then keys with zeros.</param>
/// <param name="Labels">For each query [B, K] the index of its value in the second half of the table, 0 … V/2 − 1.</param>
public sealed record ContinuousBatch(float[] Inputs, int[] Labels);

/// <summary>
/// Recall of frozen unit vectors: [key | value] for the pairs, then [key | 0] for the queries, scored by dot products with the value half
/// of
/// the table. No embedding has to be learned, so only the mixer is tested.
/// </summary>
/// <remarks>HazyResearch/zoology, zoology/data/stacked_mqar.py.</remarks>
public sealed class ContinuousMqar
{
    private readonly ContinuousMqarOptions _options;

    /// <summary>The task with a table of random unit vectors.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="tableSeed">Seed of the table, shared by train and test.</param>
    public ContinuousMqar(ContinuousMqarOptions options, long tableSeed)
        : this(options, UnitVectors(options, tableSeed))
    {
    }

    /// <summary>The task with a given table.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="embeddings">Table [V, D].</param>
    /// <exception cref="ArgumentException">The table has another size, or there are more pairs than keys.</exception>
    public ContinuousMqar(ContinuousMqarOptions options, float[] embeddings)
    {
        if (embeddings.Length != options.VocabularySize * options.EmbeddingSize || options.Pairs > options.VocabularySize / 2 || options.Passes < 1)
        {
            throw new ArgumentException(
                $"A table of {embeddings.Length} numbers does not fit {options.VocabularySize} embeddings of {options.EmbeddingSize}, or "
                    + $"{options.Pairs} "
                + "pairs exceed half of them.", nameof(options));
        }

        (_options, Embeddings) = (options, embeddings);
    }

    /// <summary>The frozen table [V, D].</summary>
    public float[] Embeddings { get; }

    /// <summary>Rows per sample: (passes + 1)·K.</summary>
    public int Length => (_options.Passes + 1) * _options.Pairs;

    private int Width => 2 * _options.EmbeddingSize;

    /// <summary>Makes rows of a seed.</summary>
    /// <param name="seed">Which data set.</param>
    /// <param name="firstRow">Index of the first row.</param>
    /// <param name="rows">B.</param>
    public ContinuousBatch Generate(long seed, long firstRow, int rows)
    {
        var batch = new ContinuousBatch(new float[rows * Length * Width], new int[rows * _options.Pairs]);
        for (var row = 0; row < rows; row++)
        {
            Fill(new CounterRandom(seed, firstRow + row), batch.Inputs.AsSpan(row * Length * Width, Length * Width), batch.Labels.AsSpan(row * _options.Pairs, _options.Pairs));
        }

        return batch;
    }

    /// <summary>The first law that a row breaks, or null.</summary>
    /// <param name="inputs">Numbers [(passes + 1)·K, 2·D].</param>
    /// <param name="labels">Value indices [K].</param>
    public string? Violation(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        if (inputs.Length != Length * Width || labels.Length != _options.Pairs)
        {
            return $"The row has {inputs.Length} numbers and {labels.Length} labels, not {Length * Width} and {_options.Pairs}.";
        }

        var (half, size) = (_options.VocabularySize / 2, _options.EmbeddingSize);
        var bound = new Dictionary<int, int>();
        for (var i = 0; i < _options.Passes * _options.Pairs; i++)
        {
            var key = Find(inputs.Slice(i * Width, size), 0);
            var value = Find(inputs.Slice((i * Width) + size, size), half);
            if (key < 0 || value < 0 || (bound.TryGetValue(key, out var before) && before != value))
            {
                return $"Row {i} is no exact key and value of the table, or binds its key to another value than before.";
            }

            bound[key] = value;
        }

        if (bound.Count != _options.Pairs || bound.Values.Distinct().Count() != bound.Count)
        {
            return $"{bound.Count} keys are bound to {bound.Values.Distinct().Count()} values, but there are {_options.Pairs} pairs.";
        }

        for (var i = 0; i < _options.Pairs; i++)
        {
            var query = inputs.Slice((_options.Passes * _options.Pairs * Width) + (i * Width), Width);
            if (query[size..].ContainsAnyExcept(0f) || !bound.Remove(Find(query[..size], 0), out var value) || value != labels[i])
            {
                return $"Query {i} is no key, was asked before, has a value half, or its label {labels[i]} is not its value.";
            }
        }

        return null;
    }

    private void Fill(CounterRandom random, Span<float> inputs, Span<int> labels)
    {
        var (half, size, pairs) = (_options.VocabularySize / 2, _options.EmbeddingSize, _options.Pairs);
        var keys = random.Distinct(0, half, pairs);
        var values = random.Distinct(0, half, pairs);
        var order = Enumerable.Range(0, pairs).ToArray();
        for (var i = 0; i < Length; i++)
        {
            if (i % pairs == 0)
            {
                random.Shuffle<int>(order);
            }

            var pair = order[i % pairs];
            Embeddings.AsSpan(keys[pair] * size, size).CopyTo(inputs[(i * Width)..]);
            if (i < _options.Passes * pairs)
            {
                Embeddings.AsSpan((half + values[pair]) * size, size).CopyTo(inputs[((i * Width) + size)..]);
            }
            else
            {
                labels[i % pairs] = values[pair];
            }
        }
    }

    /// <summary>Index, within its half, of the embedding that equals these numbers; −1 when none does.</summary>
    private int Find(ReadOnlySpan<float> numbers, int from)
    {
        for (var i = 0; i < _options.VocabularySize / 2; i++)
        {
            if (numbers.SequenceEqual(Embeddings.AsSpan((from + i) * _options.EmbeddingSize, _options.EmbeddingSize)))
            {
                return i;
            }
        }

        return -1;
    }

    private static float[] UnitVectors(ContinuousMqarOptions options, long seed)
    {
        var random = new CounterRandom(seed, -1);
        var table = new float[options.VocabularySize * options.EmbeddingSize];
        for (var i = 0; i < options.VocabularySize; i++)
        {
            var vector = Enumerable.Range(0, options.EmbeddingSize).Select(_ => random.NextNormal()).ToArray();
            var length = Math.Sqrt(vector.Sum(number => number * number));
            for (var d = 0; d < vector.Length; d++)
            {
                table[(i * vector.Length) + d] = (float)(vector[d] / length);
            }
        }

        return table;
    }
}
