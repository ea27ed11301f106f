using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of recall through cross attention.</summary>
public sealed record CrossRecallOptions
{
    /// <summary>V: keys come from 1 … V/2 − 1, values from V/2 … V − 1.</summary>
    public int VocabularySize { get; init; } = 256;

    /// <summary>K: pairs in the source.</summary>
    public int Pairs { get; init; } = 16;

    /// <summary>M: tokens of the source, at least 2K; what pairs leave is 0 or random.</summary>
    public int SourceLength { get; init; } = 64;

    /// <summary>Keys asked in the target, at most K.</summary>
    public int Queries { get; init; } = 16;

    /// <summary>
    /// False: the target is the keys, each answered by itself (noncausal-cross). True: the target is decoded from left to right, every
    /// answer
    /// standing behind its key (causal-cross).
    /// </summary>
    public bool Decoded { get; init; }

    /// <summary>Whether source positions that hold no pair hold random tokens.</summary>
    public bool RandomNonPairs { get; init; } = true;
}

/// <summary>
/// Associative recall with the pairs in the source and the queries in the target: nothing can be answered without the source.
/// </summary>
/// <remarks>A variant of this project after MQAR (arXiv:2312.04927); nobody published numbers for it.</remarks>
public sealed class CrossRecall : TokenTask
{
    private readonly CrossRecallOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">The source or the vocabulary is too small for the pairs, or more keys are asked than there
    /// are.</exception>
    public CrossRecall(CrossRecallOptions options)
    {
        if (options.Pairs < 1 || options.SourceLength < 2 * options.Pairs || options.Queries < 1 || options.Queries > options.Pairs
            || (options.VocabularySize / 2) - 1 < options.Pairs)
        {
            throw new ArgumentException(
                $"{options.Pairs} pairs need a source of {2 * options.Pairs} tokens, a vocabulary of {2 * (options.Pairs + 1)} and no "
                    + "more queries than pairs; "
                + $"given {options.SourceLength}, {options.VocabularySize} and {options.Queries}.", nameof(options));
        }

        _options = options;
    }

    /// <inheritdoc />
    public override string Name => _options.Decoded ? "cross-recall-decoded" : "cross-recall";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Decoded ? 2 * _options.Queries : _options.Queries;

    /// <inheritdoc />
    public override int SourceLength => _options.SourceLength;

    private int Half => VocabularySize / 2;

    private int Stride => _options.Decoded ? 2 : 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var keys = random.Distinct(1, Half, _options.Pairs);
        var values = random.Distinct(Half, VocabularySize, _options.Pairs);
        for (var i = 0; i < keys.Length; i++)
        {
            (row.Source[2 * i], row.Source[(2 * i) + 1]) = (keys[i], values[i]);
        }

        var asked = random.Distinct(0, keys.Length, _options.Queries);
        for (var i = 0; i < asked.Length; i++)
        {
            (row.Inputs[i * Stride], row.Labels[i * Stride]) = (keys[asked[i]], values[asked[i]]);
            if (_options.Decoded)
            {
                row.Inputs[(i * Stride) + 1] = values[asked[i]];
            }
        }

        if (_options.RandomNonPairs)
        {
            RecallSlots.FillZeros(random, row.Source, VocabularySize);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var bound = new Dictionary<int, int>();
        for (var i = 0; i < 2 * _options.Pairs; i += 2)
        {
            var (key, value) = (sample.Source[i], sample.Source[i + 1]);
            if (key < 1 || key >= Half || value < Half || !bound.TryAdd(key, value))
            {
                return $"The pair at {i} of the source ({key}, {value}) has a key or value of the wrong range, or a key that was bound "
                    + "before.";
            }
        }

        if (!_options.RandomNonPairs && sample.Source[(2 * _options.Pairs)..].ContainsAnyExcept(0))
        {
            return "The source holds tokens behind its pairs.";
        }

        var expected = new int[Length];
        Array.Fill(expected, TokenBatch.NotScored);
        for (var i = 0; i < Length; i += Stride)
        {
            if (!bound.Remove(sample.Inputs[i], out expected[i]) || (_options.Decoded && sample.Inputs[i + 1] != expected[i]))
            {
                return $"The target token at {i} is no key of the source, was asked before, or its value does not follow.";
            }
        }

        return Differs(sample.Labels, expected);
    }
}
