using System.Text;
using System.Text.Json;

namespace Bench.Suites.Cab.Text;

/// <summary>
/// Byte-level byte-pair encoding: a word's bytes are merged pair by pair in the order in which the pairs were learned. Either learned from a text, or
/// loaded from GPT-2's published files.
/// </summary>
/// <remarks>Sennrich et al., arXiv:1508.07909; Radford et al., 2019, section 2.2, for bytes as the base and the cut into pieces.</remarks>
public sealed class BytePairTokenizer : ITokenizer
{
    /// <summary>Pieces that are remembered; most text repeats few.</summary>
    private const int MostKnown = 200_000;

    private readonly Dictionary<(int Left, int Right), (int Rank, int Token)> _merges;
    private readonly int[] _bytes;
    private readonly byte[][] _texts;
    private readonly Dictionary<string, int[]> _known = new(StringComparer.Ordinal);

    private BytePairTokenizer(Dictionary<(int, int), (int, int)> merges, int[] bytes, byte[][] texts) => (_merges, _bytes, _texts) = (merges, bytes, texts);

    /// <inheritdoc />
    public int VocabularySize => _texts.Length;

    /// <summary>Learns merges: the most frequent pair of neighbouring tokens becomes a token, again and again; among equals the one of smaller tokens.</summary>
    /// <param name="text">Text to learn from.</param>
    /// <param name="vocabulary">Tokens in the end, the 256 bytes included.</param>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no room for the bytes.</exception>
    public static BytePairTokenizer Learn(string text, int vocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 256);
        var texts = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToList();
        var merges = new Dictionary<(int, int), (int, int)>();
        var words = WordPieces.Of(text).GroupBy(piece => piece, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (Tokens: Encoding.UTF8.GetBytes(group.Key).Select(value => (int)value).ToArray(), Count: group.LongCount())).ToArray();
        var counts = new PairCounts(words);
        while (texts.Count < vocabulary && counts.Best() is { } pair)
        {
            merges[pair] = (merges.Count, texts.Count);
            counts.Merge(pair, texts.Count);
            texts.Add([.. texts[pair.Left], .. texts[pair.Right]]);
        }

        return new BytePairTokenizer(merges, [.. Enumerable.Range(0, 256)], [.. texts]);
    }

    /// <summary>Loads GPT-2's <c>vocab.json</c> and <c>merges.txt</c>; its end-of-text token decodes to nothing.</summary>
    /// <param name="folder">Folder that holds both.</param>
    /// <exception cref="FileNotFoundException">One is missing; the message says where it comes from.</exception>
    /// <exception cref="InvalidDataException">They do not fit together.</exception>
    public static BytePairTokenizer Load(string folder)
    {
        string Require(string name) => File.Exists(Path.Combine(folder, name))
            ? Path.Combine(folder, name)
            : throw new FileNotFoundException($"'{Path.Combine(folder, name)}' is missing. It is part of the published GPT-2 tokeniser; put it there.", name);

        var ids = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Require("vocab.json")))!;
        var alphabet = Alphabet();
        var signs = alphabet.Select((sign, value) => (sign, value)).ToDictionary(pair => pair.sign, pair => (byte)pair.value);
        int Id(string token) => ids.TryGetValue(token, out var id)
            ? id
            : throw new InvalidDataException($"'merges.txt' speaks of '{token}', which 'vocab.json' does not have; take both from the same release.");

        var texts = new byte[ids.Values.Max() + 1][];
        Array.Fill(texts, []);
        foreach (var (token, id) in ids.Where(pair => pair.Key.All(signs.ContainsKey)))
        {
            texts[id] = [.. token.Select(sign => signs[sign])];
        }

        var merges = new Dictionary<(int, int), (int, int)>();
        foreach (var parts in File.ReadLines(Require("merges.txt")).Where(line => !line.StartsWith("#version", StringComparison.Ordinal))
            .Select(line => line.Split(' ')).Where(parts => parts.Length == 2))
        {
            merges[(Id(parts[0]), Id(parts[1]))] = (merges.Count, Id(parts[0] + parts[1]));
        }

        return new BytePairTokenizer(merges, [.. alphabet.Select(sign => Id(sign.ToString()))], texts);
    }

    /// <inheritdoc />
    public int[] Encode(string text)
    {
        var tokens = new List<int>();
        // Batches are made on one thread while another one evaluates.
        lock (_known)
        {
            foreach (var piece in WordPieces.Of(text))
            {
                if (!_known.TryGetValue(piece, out var found))
                {
                    if (_known.Count >= MostKnown)
                    {
                        _known.Clear();
                    }

                    _known[piece] = found = Piece(piece);
                }

                tokens.AddRange(found);
            }
        }

        return [.. tokens];
    }

    /// <inheritdoc />
    public string Decode(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(token => _texts[token])]);

    private int[] Piece(string piece)
    {
        var tokens = Encoding.UTF8.GetBytes(piece).Select(value => _bytes[value]).ToList();
        while (tokens.Count > 1)
        {
            var best = (Rank: int.MaxValue, Token: 0, At: -1);
            for (var i = 0; i + 1 < tokens.Count; i++)
            {
                if (_merges.TryGetValue((tokens[i], tokens[i + 1]), out var merge) && merge.Rank < best.Rank)
                {
                    best = (merge.Rank, merge.Token, i);
                }
            }

            if (best.At < 0)
            {
                break;
            }

            // Merging the leftmost occurrence again and again merges all of them.
            tokens[best.At] = best.Token;
            tokens.RemoveAt(best.At + 1);
        }

        return [.. tokens];
    }

    /// <summary>The printable sign that GPT-2's files write for each byte: itself where it is printable, else the next one from U+0100 on.</summary>
    private static char[] Alphabet()
    {
        var next = 256;
        return [.. Enumerable.Range(0, 256).Select(value => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)next++)];
    }
}
