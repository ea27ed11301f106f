using System.Globalization;
using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of Bigram-Backcopy.</summary>
public sealed record BigramBackcopyOptions
{
    /// <summary>k: the most frequent characters are triggers.</summary>
    public int Triggers { get; init; } = 3;

    /// <summary>L: input tokens of a row, the start token included.</summary>
    public int Length { get; init; } = 256;
}

/// <summary>
/// Characters drawn from a bigram model, except that behind a trigger the character before the trigger returns. One head must copy at
/// triggers
/// and do nothing elsewhere, which shows dormant heads and attention sinks.
/// </summary>
/// <remarks>
/// Guo et al., "Active-Dormant Attention Heads", arXiv:2410.13835; GuoTianYu2000/Active-Dormant-Attention, BBM/data.py. The frequencies are
/// those
/// of a collection of plays in the public domain: 65 characters, start token 65, unused token 66.
/// </remarks>
public sealed class BigramBackcopy : TokenTask
{
    /// <summary>Id of the start token.</summary>
    public const int Start = 65;

    private const int Tokens = 67;
    private static readonly double[][] Frequencies = ReadFrequencies();
    private readonly BigramBackcopyOptions _options;
    private readonly int[] _triggers;
    private readonly double[] _initial;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Fewer than two tokens, or a number of triggers that leaves no characters.</exception>
    public BigramBackcopy(BigramBackcopyOptions options)
    {
        if (options.Length < 2 || options.Triggers < 1 || options.Triggers > 40)
        {
            throw new ArgumentException("Bigram-Backcopy needs two tokens and one to forty triggers.", nameof(options));
        }

        _options = options;
        _triggers = [.. Enumerable.Range(0, Tokens).OrderByDescending(token => Unigram[token]).Take(options.Triggers)];
        var rest = Enumerable.Range(0, Tokens).Where(token => !_triggers.Contains(token)).Sum(token => Unigram[token]);
        _initial = [.. Enumerable.Range(0, Tokens).Select(token => _triggers.Contains(token) ? 0 : Unigram[token] / rest)];
    }

    /// <summary>Frequency of every character.</summary>
    public static IReadOnlyList<double> Unigram => Frequencies[0];

    /// <summary>Row i: distribution of the character behind character i.</summary>
    public static IReadOnlyList<IReadOnlyList<double>> Bigram { get; } = Frequencies[1..];

    /// <summary>Distribution of the first character: the unigrams without triggers.</summary>
    public IReadOnlyList<double> Initial => _initial;

    /// <inheritdoc />
    public override string Name => "bigram-backcopy";

    /// <inheritdoc />
    public override int VocabularySize => Tokens;

    /// <inheritdoc />
    public override int Length => _options.Length;

    /// <summary>Whether the token behind this one is a copy.</summary>
    public bool IsTrigger(int token) => Array.IndexOf(_triggers, token) >= 0;

    /// <summary>
    /// The loss in nats that the best possible model has at this position of a row: 0 behind a trigger, else the entropy of the drawn
    /// distribution.
    /// </summary>
    /// <param name="token">Input token of the position.</param>
    public double OptimalLoss(int token) => IsTrigger(token) ? 0 : Entropy(token == Start ? _initial : Bigram[token]);

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var tokens = new int[Length + 1];
        tokens[0] = Start;
        tokens[1] = random.Weighted(_initial);
        for (var i = 2; i < tokens.Length; i++)
        {
            tokens[i] = IsTrigger(tokens[i - 1]) ? tokens[i - 2] : random.Weighted(Frequencies[1 + tokens[i - 1]]);
        }

        NextToken.Write(tokens, row.Inputs, row.Labels);
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        if (NextToken.Recover(sample, true, out var tokens) is { } broken)
        {
            return broken;
        }

        if (tokens[0] != Start || _initial[tokens[1]] == 0)
        {
            return "A row begins with the start token and a character that is no trigger.";
        }

        for (var i = 2; i < tokens.Length; i++)
        {
            if (IsTrigger(tokens[i - 1]) ? tokens[i] != tokens[i - 2] : Bigram[tokens[i - 1]][tokens[i]] == 0)
            {
                return $"The token {tokens[i]} at {i} is no copy behind a trigger, or never follows {tokens[i - 1]}.";
            }
        }

        return null;
    }

    private static double Entropy(IReadOnlyList<double> distribution) => -distribution.Where(p => p > 0).Sum(p => p * Math.Log(p));

    private static double[][] ReadFrequencies()
    {
        using var stream = typeof(BigramBackcopy).Assembly.GetManifestResourceStream("Bench.Suites.Recall.Data.bigrams.csv")
            ?? throw new InvalidOperationException("The character frequencies are missing from this build of Bench.Suites.");
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())];
    }
}
