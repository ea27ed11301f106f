using Bench.Domain.Randomness;
using Bench.Suites.Data;
using Bench.Suites.Harness;

namespace Bench.Suites.Cab.Text;

/// <summary>A corpus with a tokeniser: random windows to train on, windows in a row to test on.</summary>
internal sealed class TextSource
{
    /// <summary>Bytes that a tokeniser is learned from.</summary>
    private const int LearnedFrom = 2_000_000;

    /// <summary>Tokens that unigrams are counted from.</summary>
    private const int Counted = 1_000_000;

    private readonly TextCorpus _corpus;
    private readonly ITokenizer _tokenizer;
    private readonly long _seed;

    private TextSource(TextCorpus corpus, ITokenizer tokenizer, long seed) => (_corpus, _tokenizer, _seed) = (corpus, tokenizer, seed);

    /// <summary>Tokens of a cell's tokeniser, without reading any data.</summary>
    public static int Vocabulary(ParameterReader read) => Tokenizer(read) switch
    {
        "bytes" => 256,
        "bpe" => read.Int("vocabulary", 256),
        _ => 50257,
    };

    /// <summary>The data of a cell.</summary>
    /// <exception cref="DataMissingException">They are not on this machine.</exception>
    public static TextSource Of(ParameterReader read, DataTier tier, int seed)
    {
        var corpus = tier switch
        {
            DataTier.Official => Official(read) == "pg19" ? TextCorpus.Books() : TextCorpus.WikiText(),
            DataTier.Standin => TextCorpus.Dictionary(),
            _ => TextCorpus.Synthetic(seed),
        };
        ITokenizer tokenizer = Tokenizer(read) switch
        {
            "bytes" => new ByteTokenizer(),
            "bpe" => BytePairTokenizer.Learn(
                System.Text.Encoding.UTF8.GetString(corpus.Train.Read(0, (int)Math.Min(LearnedFrom, corpus.Train.Length))), read.Int("vocabulary", 256)),
            _ => BytePairTokenizer.Load(DataFolder.Official("gpt2")),
        };
        return new TextSource(corpus, tokenizer, seed);
    }

    /// <summary>Why a cell's data cannot be used; null when they can.</summary>
    public static string? WhyNot(ParameterReader read, DataTier tier) =>
        (Tokenizer(read) == "gpt2" ? DataFolder.WhyNotOfficial("gpt2") : null)
        ?? tier switch
        {
            DataTier.Official => DataFolder.WhyNotOfficial(Official(read)),
            DataTier.Standin => DataFolder.WhyNotPackage("gcide"),
            _ => null,
        };

    /// <summary>A window of the training text for each row of a step; a function of the step alone.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="rows">How many.</param>
    /// <param name="length">Tokens of each.</param>
    /// <returns>The rows, and a generator for what else the step draws.</returns>
    public (int[][] Rows, CounterRandom Random) Windows(long step, int rows, int length)
    {
        var random = new CounterRandom(_seed, step);
        var windows = new int[rows][];
        for (var row = 0; row < rows; row++)
        {
            // The last stretch of the text is left out, so that a window is never short.
            var places = Math.Max(1, _corpus.Train.Length - (16L * length) - 4096);
            windows[row] = TextCorpus.Tokens(_corpus.Train, _tokenizer, (long)(random.NextDouble() * places), length);
            if (windows[row].Length < length)
            {
                throw new InvalidDataException($"The training text has too few tokens for rows of {length}; it has {_corpus.Train.Length} bytes.");
            }
        }

        return (windows, random);
    }

    /// <summary>The first tokens of a held-out part.</summary>
    /// <param name="test">The test part; the validation part otherwise.</param>
    /// <param name="count">At most so many; 0 for all.</param>
    public int[] Held(bool test, int count) =>
        TextCorpus.Tokens(test ? _corpus.Test : _corpus.Validation, _tokenizer, 0, count == 0 ? int.MaxValue / 8 : count);

    /// <summary>Tokens from the start of the training text, to count them.</summary>
    public int[] Head() => TextCorpus.Tokens(_corpus.Train, _tokenizer, 0, Counted);

    private static string Tokenizer(ParameterReader read) => new ScaledParameters(read).Text("tokenizer", "bytes", "gpt2") switch
    {
        var name and ("bytes" or "bpe" or "gpt2") => name,
        var other => throw new FormatException($"Parameter 'tokenizer' is '{other}'; it must be bytes, bpe or gpt2."),
    };

    private static string Official(ParameterReader read) => read.Text("corpus") switch
    {
        var name and ("pg19" or "wikitext-103") => name,
        var other => throw new FormatException($"Parameter 'corpus' is '{other}'; it must be pg19 or wikitext-103."),
    };
}
