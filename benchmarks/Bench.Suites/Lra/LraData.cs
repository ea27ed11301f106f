using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>The three parts of a data set; no row is in two of them.</summary>
/// <param name="Train">For training.</param>
/// <param name="Validation">For curves and for choosing the state that is tested.</param>
/// <param name="Test">For the reported figure.</param>
public sealed record LraData(TokenRows Train, TokenRows Validation, TokenRows Test)
{
    /// <summary>Seed of generated rows and of the order in which stand-in data are split: the same for every run, as a released file would be.</summary>
    public const long SplitSeed = 20_200_506;

    /// <summary>Cuts distinct rows of one stream into the three parts, one after another.</summary>
    /// <param name="length">L.</param>
    /// <param name="counts">Rows of training, validation and test.</param>
    /// <param name="rows">More rows than needed, in a fixed order; repeated ones are skipped.</param>
    /// <exception cref="ArgumentException">The stream ends too early; the message says how many there are.</exception>
    public static LraData Split(int length, LraCounts counts, IEnumerable<LabelledTokens> rows) =>
        Split(length, pairs: false, counts, rows, row => TokenRows.Fingerprint(row.Tokens), (part, row) => part.Add(row));

    /// <summary>The same for pairs of documents.</summary>
    public static LraData SplitPairs(int length, LraCounts counts, IEnumerable<DocumentPair> rows) =>
        Split(length, pairs: true, counts, rows, row => TokenRows.Fingerprint(row.First, row.Second), (part, row) => part.Add(row));

    /// <summary>Released parts, each cut to a number of rows from its start.</summary>
    /// <param name="length">L.</param>
    /// <param name="counts">Most rows of each part; 0 takes all.</param>
    /// <param name="read">Rows of a released part.</param>
    public static LraData Released(int length, LraCounts counts, Func<LraSplit, IEnumerable<LabelledTokens>> read) =>
        Released(counts, () => new TokenRows(length), read, (part, row) => part.Add(row));

    /// <summary>The same for pairs of documents.</summary>
    public static LraData ReleasedPairs(int length, LraCounts counts, Func<LraSplit, IEnumerable<DocumentPair>> read) =>
        Released(counts, () => new TokenRows(length, pairs: true), read, (part, row) => part.Add(row));

    /// <summary>Items in an order that only <see cref="SplitSeed"/> decides.</summary>
    public static IReadOnlyList<T> Shuffled<T>(IEnumerable<T> items, long stream)
    {
        var (shuffled, random) = (items.ToList(), new CounterRandom(SplitSeed, stream));
        for (var i = shuffled.Count - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]);
        }

        return shuffled;
    }

    private static LraData Split<T>(
        int length, bool pairs, LraCounts counts, IEnumerable<T> rows, Func<T, Guid> fingerprint, Action<TokenRows, T> add)
    {
        var (parts, seen) = (new[] { new TokenRows(length, pairs), new TokenRows(length, pairs), new TokenRows(length, pairs) }, new HashSet<Guid>());
        var wanted = new[] { counts.Train, counts.Validation, counts.Test };
        var (part, all) = (0, 0);
        foreach (var row in rows)
        {
            if (seen.Add(fingerprint(row)))
            {
                add(parts[part], row);
                all++;
                part += parts[part].Count == wanted[part] ? 1 : 0;
            }

            if (part == parts.Length)
            {
                return new LraData(parts[0], parts[1], parts[2]);
            }
        }

        throw new ArgumentException($"There are {all} distinct rows, fewer than the {wanted.Sum()} of trainRows, validationRows and testRows. Ask for fewer.");
    }

    private static LraData Released<T>(LraCounts counts, Func<TokenRows> empty, Func<LraSplit, IEnumerable<T>> read, Action<TokenRows, T> add)
    {
        TokenRows Part(LraSplit split, int most)
        {
            var part = empty();
            foreach (var row in most == 0 ? read(split) : read(split).Take(most))
            {
                add(part, row);
            }

            return part.Count > 0 ? part : throw new ArgumentException($"The released {split} part has no rows.");
        }

        return new LraData(Part(LraSplit.Train, counts.Train), Part(LraSplit.Validation, counts.Validation), Part(LraSplit.Test, counts.Test));
    }
}

/// <summary>Rows of each part.</summary>
public sealed record LraCounts(int Train, int Validation, int Test);
