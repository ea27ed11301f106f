using Bench.Domain.Randomness;

namespace Bench.Suites.Cab.Text;

/// <summary>
/// Text of a bigram chain that quotes itself: most letters follow the one before them by a fixed table, and now and then a quotation of 8 to 24
/// letters from the last 200 is repeated between <c>"</c>. The bigrams need one letter of context, the quotations need a look back.
/// </summary>
internal static class SyntheticText
{
    private const int Letters = 26;
    private const int Reach = 200;

    /// <summary>Text of a stream; the table of bigrams is the same for all streams of a seed.</summary>
    /// <param name="seed">Seed of the table.</param>
    /// <param name="stream">Which text.</param>
    /// <param name="length">Bytes.</param>
    public static byte[] Make(long seed, long stream, int length)
    {
        var table = Table(seed);
        var random = new CounterRandom(seed, stream + 1);
        var text = new byte[length];
        var last = 0;
        for (var i = 0; i < length; i++)
        {
            if (i > Reach && random.NextDouble() < 0.02)
            {
                i = Quote(text, i, random);
                continue;
            }

            last = random.Weighted(table[last]);
            text[i] = last == Letters ? (byte)' ' : (byte)('a' + last);
        }

        return text;
    }

    /// <summary>Weights of the letters and the space after each of them: few are likely.</summary>
    private static double[][] Table(long seed)
    {
        var random = new CounterRandom(seed);
        return [.. Enumerable.Range(0, Letters + 1).Select(_ => Enumerable.Range(0, Letters + 1).Select(_ => Math.Exp(2 * random.NextNormal())).ToArray())];
    }

    /// <summary>Writes a quotation and returns its last place.</summary>
    private static int Quote(byte[] text, int at, CounterRandom random)
    {
        var (count, from) = (random.Next(8, 25), at - random.Next(40, Reach));
        text[at] = (byte)'"';
        for (var i = 1; i <= count + 1 && at + i < text.Length; i++)
        {
            text[at + i] = i > count ? (byte)'"' : text[from + i];
        }

        return Math.Min(text.Length - 1, at + count + 1);
    }
}
