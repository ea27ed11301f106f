namespace Bench.Suites.Cab.Metrics;

/// <summary>F values of a pair, or their mean over pairs; fractions from 0 to 1.</summary>
/// <param name="One">ROUGE-1.</param>
/// <param name="Two">ROUGE-2.</param>
/// <param name="Longest">ROUGE-L.</param>
public readonly record struct RougeScore(double One, double Two, double Longest)
{
    /// <summary>Mean of the three.</summary>
    public double Mean => (One + Two + Longest) / 3;
}

/// <summary>
/// ROUGE as the Python package <c>rouge</c> defines it, which CAB reports: words split at white space, case and punctuation kept, <b>no stemming</b>;
/// n-grams are sets, so a repeated one counts once; sentences end at full stops; ROUGE-L is the union of the longest common subsequences of all
/// sentence pairs.
/// </summary>
/// <remarks>
/// Lin, "ROUGE: a package for automatic evaluation of summaries", 2004; the conventions are those of pltrdy/rouge 1.0. A hypothesis without words is
/// replaced by the word <c>&lt;empty&gt;</c>, as ParaGen does; it then shares nothing with any usual reference.
/// </remarks>
public static class Rouge
{
    /// <summary>What stands for a hypothesis without words.</summary>
    public const string Empty = "<empty>";

    private const double Tiny = 1e-8;

    /// <summary>Scores of one hypothesis.</summary>
    /// <param name="hypothesis">What a model wrote; may be empty.</param>
    /// <param name="reference">What it should have written.</param>
    /// <exception cref="ArgumentException">The reference has no words.</exception>
    public static RougeScore Score(string hypothesis, string reference)
    {
        var expected = Sentences(reference);
        if (expected.Count == 0)
        {
            throw new ArgumentException("The reference has no words, so nothing can be compared with it; leave such pairs out.", nameof(reference));
        }

        var found = Sentences(hypothesis);
        if (found.Count == 0)
        {
            found = Sentences(Empty);
        }

        return new RougeScore(Overlap(found, expected, 1), Overlap(found, expected, 2), Longest(found, expected));
    }

    /// <summary>Mean of each F value over pairs.</summary>
    /// <param name="pairs">Hypotheses with their references.</param>
    /// <exception cref="ArgumentException">There are no pairs, or a reference has no words.</exception>
    public static RougeScore Mean(IEnumerable<(string Hypothesis, string Reference)> pairs)
    {
        var scores = pairs.Select(pair => Score(pair.Hypothesis, pair.Reference)).ToList();
        return scores.Count == 0
            ? throw new ArgumentException("There is no pair to score.", nameof(pairs))
            : new RougeScore(scores.Average(score => score.One), scores.Average(score => score.Two), scores.Average(score => score.Longest));
    }

    /// <summary>Words of each sentence. As in the package, white space between two full stops is a sentence of one empty word.</summary>
    private static List<string[]> Sentences(string text) =>
        [.. text.Split('.').Where(part => part.Length > 0)
            .Select(part => string.Join(' ', part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Split(' '))];

    private static double Overlap(List<string[]> found, List<string[]> expected, int n)
    {
        var (one, other) = (Grams(found, n), Grams(expected, n));
        return F(one.Count(other.Contains), one.Count, other.Count);
    }

    /// <summary>Distinct n-grams over the words of all sentences in a row.</summary>
    private static HashSet<string> Grams(List<string[]> sentences, int n)
    {
        var words = sentences.SelectMany(sentence => sentence).ToList();
        // No word contains a space, so joined words are equal only if the words are.
        return [.. Enumerable.Range(0, Math.Max(0, words.Count - n + 1)).Select(i => string.Join(' ', words.Skip(i).Take(n)))];
    }

    private static double Longest(List<string[]> found, List<string[]> expected)
    {
        var union = new HashSet<string>(expected.SelectMany(sentence => found.SelectMany(other => Subsequence(sentence, other))));
        return F(union.Count, Grams(found, 1).Count, Grams(expected, 1).Count);
    }

    /// <summary>Words of one longest common subsequence; among equally long ones the package's choice, which the union depends on.</summary>
    private static List<string> Subsequence(string[] x, string[] y)
    {
        var length = new int[x.Length + 1, y.Length + 1];
        for (var a = 1; a <= x.Length; a++)
        {
            for (var b = 1; b <= y.Length; b++)
            {
                length[a, b] = x[a - 1] == y[b - 1] ? length[a - 1, b - 1] + 1 : Math.Max(length[a - 1, b], length[a, b - 1]);
            }
        }

        var words = new List<string>();
        for (var (i, j) = (x.Length, y.Length); i > 0 && j > 0;)
        {
            if (x[i - 1] == y[j - 1])
            {
                words.Add(x[i - 1]);
                (i, j) = (i - 1, j - 1);
            }
            else if (length[i - 1, j] > length[i, j - 1])
            {
                i--;
            }
            else
            {
                j--;
            }
        }

        return words;
    }

    private static double F(int common, int found, int expected)
    {
        var precision = found == 0 ? 0 : (double)common / found;
        var recall = expected == 0 ? 0 : (double)common / expected;
        return 2 * precision * recall / (precision + recall + Tiny);
    }
}
