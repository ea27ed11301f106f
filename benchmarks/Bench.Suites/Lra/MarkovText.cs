using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>
/// Texts of two sources with the same chain of letters. Each source also writes rare groups of three letters; both use the same letters in
/// them, in another order, so that counting letters does not tell the sources apart.
/// </summary>
public sealed class MarkovText
{
    private const int Letters = 27;
    private const int Groups = 4;
    private const int GroupEvery = 24;
    private const int Shortest = 2;
    private const long ChainStream = -1;
    private readonly double[][] _chain = new double[Letters][];
    private readonly int[][] _groups = new int[Groups][];

    /// <summary>Draws the chain and the groups.</summary>
    public MarkovText()
    {
        var random = new CounterRandom(LraData.SplitSeed, ChainStream);
        for (var from = 0; from < Letters; from++)
        {
            // Cubed, so that a letter has a few usual followers, as in a language.
            _chain[from] = [.. Enumerable.Range(0, Letters).Select(_ => Math.Pow(random.NextDouble(), 3))];
        }

        for (var group = 0; group < Groups; group++)
        {
            var first = 1 + (group * 3);
            _groups[group] = [first, first + 1, first + 2];
        }
    }

    /// <summary>A text of a row: between half and all of the length; ids are bytes + 1.</summary>
    public LabelledTokens Row(long row, int length)
    {
        var random = new CounterRandom(LraData.SplitSeed, row);
        var (label, count) = ((int)(row % 2), (length / Shortest) + random.Next(length - (length / Shortest) + 1));
        var (tokens, letter) = (new List<int>(count), 0);
        while (tokens.Count < count)
        {
            if (tokens.Count + 3 <= count && random.Next(GroupEvery) == 0)
            {
                var group = _groups[random.Next(Groups)];
                tokens.AddRange(label == 0 ? [Id(group[0]), Id(group[1]), Id(group[2])] : [Id(group[2]), Id(group[1]), Id(group[0])]);
                letter = 0;
                continue;
            }

            letter = random.Weighted(_chain[letter]);
            tokens.Add(Id(letter));
        }

        return new LabelledTokens(tokens, label);
    }

    /// <summary>Letter 0 is the space.</summary>
    private static int Id(int letter) => (letter == 0 ? ' ' : 'a' + letter - 1) + 1;
}
