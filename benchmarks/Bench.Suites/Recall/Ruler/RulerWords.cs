using System.Globalization;
using Bench.Domain.Randomness;

namespace Bench.Suites.Recall.Ruler;

/// <summary>Random words, numbers and names of RULER's prompts.</summary>
internal static class RulerWords
{
    private const string Consonants = "bdfgklmnprstvz";
    private const string Vowels = "aeiou";

    /// <summary>Five short sentences that say nothing.</summary>
    public const string Noise = "The hill is high. The lake is deep. The snow is white. Off we walk. Up and down once more.";

    /// <summary>A pronounceable word of two or three syllables.</summary>
    public static string Word(CounterRandom random)
    {
        var syllables = 2 + random.Next(2);
        return string.Concat(Enumerable.Range(0, syllables).Select(_ => $"{Consonants[random.Next(Consonants.Length)]}{Vowels[random.Next(Vowels.Length)]}"))
            + (random.Next(2) == 0 ? "" : Consonants[random.Next(Consonants.Length)].ToString());
    }

    /// <summary>Distinct words made by a rule.</summary>
    public static List<string> Distinct(int count, Func<string> make)
    {
        var words = new List<string>(count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (words.Count < count)
        {
            var word = make();
            if (seen.Add(word))
            {
                words.Add(word);
            }
        }

        return words;
    }

    /// <summary>A number of exactly this many digits.</summary>
    public static string Number(CounterRandom random, int digits)
    {
        var lowest = (int)Math.Pow(10, digits - 1);
        return random.Next(lowest, lowest * 10).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Letters of one case.</summary>
    public static string Letters(CounterRandom random, int count, char first) =>
        string.Concat(Enumerable.Range(0, count).Select(_ => (char)(first + random.Next(26))));

    /// <summary>A version-4 UUID.</summary>
    public static string Uuid(CounterRandom random)
    {
        var bytes = new byte[16];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)random.Next(256);
        }

        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
