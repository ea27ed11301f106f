using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of MAD's selective copying.</summary>
public sealed record MadSelectiveCopyingOptions
{
    /// <summary>V: symbols 0 … V − 3, blank V − 2, copy token V − 1.</summary>
    public int VocabularySize { get; init; } = 16;

    /// <summary>L: at least twice the copied tokens and the copy token.</summary>
    public int Length { get; init; } = 256;

    /// <summary>n: tokens to copy.</summary>
    public int Copied { get; init; } = 16;
}

/// <summary>n tokens among blanks, a copy token, then n blanks on which the tokens are to be written in order.</summary>
/// <remarks>
/// Poli et al., MAD, arXiv:2403.17844; athms/mad-lab, mad/data/instances.py. Every blank goes before a random one of the n tokens, so the
/// last
/// token always stands directly before the copy token.
/// </remarks>
public sealed class MadSelectiveCopying : TokenTask
{
    private readonly MadSelectiveCopyingOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">The row is too short, or there is no symbol to copy.</exception>
    public MadSelectiveCopying(MadSelectiveCopyingOptions options) =>
        _options = options.Copied >= 1 && options.Length >= (2 * options.Copied) + 1 && options.VocabularySize >= 3
            ? options
            : throw new ArgumentException(
                $"Copying {options.Copied} tokens needs a length of at least {(2 * options.Copied) + 1}; it is {options.Length}.", nameof(options));

    /// <inheritdoc />
    public override string Name => "mad-selective-copying";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private int Blank => VocabularySize - 2;

    private int Copy => VocabularySize - 1;

    private int Front => Length - _options.Copied - 1;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var blanksBefore = new int[_options.Copied];
        for (var i = 0; i < Front - _options.Copied; i++)
        {
            blanksBefore[random.Next(_options.Copied)]++;
        }

        row.Inputs.Fill(Blank);
        row.Inputs[Front] = Copy;
        var position = -1;
        for (var i = 0; i < _options.Copied; i++)
        {
            position += blanksBefore[i] + 1;
            row.Inputs[position] = row.Labels[Front + 1 + i] = random.Next(VocabularySize - 2);
        }
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        int[] copied = [.. sample.Inputs[..Front].ToArray().Where(token => token != Blank)];
        if (copied.Length != _options.Copied || copied.Contains(Copy) || sample.Inputs[Front - 1] == Blank)
        {
            return $"Before the copy token must stand {_options.Copied} symbols, the last directly before it.";
        }

        if (sample.Inputs[Front] != Copy || sample.Inputs[(Front + 1)..].ContainsAnyExcept(Blank))
        {
            return "The copy token and the blanks behind it are not where they belong.";
        }

        int[] expected = [.. Enumerable.Repeat(TokenBatch.NotScored, Front + 1), .. copied];
        return Differs(sample.Labels, expected);
    }
}
