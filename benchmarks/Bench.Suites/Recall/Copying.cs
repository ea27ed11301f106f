using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of copying.</summary>
public sealed record CopyingOptions
{
    /// <summary>A: 0 is blank, A − 1 the marker, symbols are 1 … A − 2.</summary>
    public int VocabularySize { get; init; } = 16;

    /// <summary>Blanks between the symbols and the markers (or among the symbols).</summary>
    public int Noise { get; init; } = 100;

    /// <summary>M: symbols to copy.</summary>
    public int Copied { get; init; } = 10;

    /// <summary>Whether symbols stand at random places of the first part (selective copying) or at its front.</summary>
    public bool Selective { get; init; }

    /// <summary>Whether the symbols are asked in reverse order.</summary>
    public bool Reverse { get; init; }
}

/// <summary>M symbols, many blanks, and M markers on which the symbols are to be written in order.</summary>
/// <remarks>
/// state-spaces/s4, src/dataloaders/datasets/copying.py. Selective copying of arXiv:2312.00752 is M = 16 symbols in length 4096 with a
/// vocabulary of 16.
/// </remarks>
public sealed class Copying : TokenTask
{
    private readonly CopyingOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No symbol, or nothing to copy.</exception>
    public Copying(CopyingOptions options) => _options = options is { VocabularySize: >= 3, Copied: >= 1, Noise: >= 0 }
        ? options
        : throw new ArgumentException("Copying needs a symbol beside blank and marker, and at least one token to copy.", nameof(options));

    /// <inheritdoc />
    public override string Name => _options.Selective ? "selective-copying" : "copying";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => Front + _options.Copied;

    private int Front => _options.Noise + _options.Copied;

    private int Marker => VocabularySize - 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var places = _options.Selective ? random.Distinct(0, Front, _options.Copied) : [.. Enumerable.Range(0, _options.Copied)];
        Array.Sort(places);
        for (var i = 0; i < places.Length; i++)
        {
            var answer = Front + (_options.Reverse ? places.Length - 1 - i : i);
            row.Inputs[places[i]] = row.Labels[answer] = random.Next(1, Marker);
        }

        row.Inputs[Front..].Fill(Marker);
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        int[] symbols = [.. sample.Inputs[..Front].ToArray().Where(token => token != 0)];
        if (symbols.Length != _options.Copied || symbols.Contains(Marker) || sample.Inputs[Front..].ContainsAnyExcept(Marker))
        {
            return $"Before {_options.Copied} markers must stand {_options.Copied} symbols, here {symbols.Length}.";
        }

        if (!_options.Selective && sample.Inputs[.._options.Copied].Contains(0))
        {
            return "The symbols must stand at the front.";
        }

        if (_options.Reverse)
        {
            Array.Reverse(symbols);
        }

        return Differs(sample.Labels, [.. Enumerable.Repeat(TokenBatch.NotScored, Front), .. symbols]);
    }
}
