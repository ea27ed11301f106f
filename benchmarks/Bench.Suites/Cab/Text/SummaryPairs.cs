using System.Text;
using System.Text.RegularExpressions;
using Bench.Domain.Randomness;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Text;

/// <summary>A text and the summary that a person or a rule wrote of it.</summary>
/// <param name="Document">The text.</param>
/// <param name="Summary">Its summary, with a word at least.</param>
public sealed record SummaryPair(string Document, string Summary);

/// <summary>Texts with summaries in three parts.</summary>
/// <param name="Train">For training.</param>
/// <param name="Validation">For curves.</param>
/// <param name="Test">For the reported figures.</param>
public sealed partial record SummaryPairs(IReadOnlyList<SummaryPair> Train, IReadOnlyList<SummaryPair> Validation, IReadOnlyList<SummaryPair> Test)
{
    /// <summary>Folders of wanted mails; unwanted ones have subjects that say little of them.</summary>
    private static readonly string[] Groups = ["easy-ham-1", "easy-ham-2", "hard-ham-1"];

    private static readonly string[] Nouns = ["copper", "river", "engine", "garden", "letter", "market", "doctor", "island", "forest", "bridge", "window", "violin",
        "harbour", "teacher", "castle", "farmer", "mirror", "planet", "soldier", "thunder", "village", "weaver", "bottle", "candle"];

    private static readonly string[] Adjectives = ["old", "green", "quiet", "heavy", "bright", "narrow", "famous", "broken"];
    private static readonly string[] Verbs = ["finds", "paints", "follows", "carries", "forgets", "builds", "visits", "hears"];

    /// <summary>Multi-News from <c>{train,val,test}.src.cleaned</c> and <c>.tgt</c>, one pair a line; documents are parted by <c>|||||</c>.</summary>
    /// <exception cref="DataMissingException">It is not there.</exception>
    /// <exception cref="InvalidDataException">A source and its targets differ in their number of lines.</exception>
    public static SummaryPairs MultiNews()
    {
        var folder = DataFolder.Official("multi-news");
        PairFiles Part(string name) => new(Path.Combine(folder, $"{name}.src.cleaned"), Path.Combine(folder, $"{name}.tgt"));
        return new SummaryPairs(Part("train"), Part("val"), Part("test"));
    }

    /// <summary>
    /// E-mails: the body, and its subject as the summary. Only plain-text mails with a subject of two words or more; a subject and its replies stand in one
    /// part only, which a hash of the subject decides (90 %, 5 %, 5 %).
    /// </summary>
    /// <exception cref="DataMissingException">The package was not prepared.</exception>
    public static SummaryPairs Mails()
    {
        var folder = Path.Combine(DataFolder.Package("spam-assassin"), "package", "data");
        var parts = new[] { new List<SummaryPair>(), new List<SummaryPair>(), new List<SummaryPair>() };
        foreach (var file in Groups
            .SelectMany(group => Directory.GetFiles(Path.Combine(folder, group), "*.txt").Order(StringComparer.Ordinal)))
        {
            if (Mail(File.ReadAllText(file, Encoding.Latin1)) is { } pair)
            {
                var draw = new CounterRandom(StableHash(pair.Summary)).Next(20);
                parts[draw switch { 0 => 1, 1 => 2, _ => 0 }].Add(pair);
            }
        }

        return new SummaryPairs(parts[0], parts[1], parts[2]);
    }

    /// <summary>
    /// Key-sentence extraction: a document names its topic and goes on with sentences about other things, one of which is about the topic; that one is the
    /// summary.
    /// </summary>
    /// <param name="seed">Seed; the parts are different streams of it.</param>
    /// <param name="sentences">Sentences of a document.</param>
    /// <param name="train">Training pairs.</param>
    /// <param name="held">Validation pairs, and test pairs.</param>
    public static SummaryPairs Synthetic(long seed, int sentences, int train, int held) => new(
        [.. Enumerable.Range(0, train).Select(i => Document(new CounterRandom(seed, i), sentences))],
        [.. Enumerable.Range(0, held).Select(i => Document(new CounterRandom(seed, -1L - i), sentences))],
        [.. Enumerable.Range(0, held).Select(i => Document(new CounterRandom(seed, -1L - held - i), sentences))]);

    /// <summary>The pair of a mail, or null where it has no plain text or no subject of two words.</summary>
    internal static SummaryPair? Mail(string raw)
    {
        var text = raw.ReplaceLineEndings("\n");
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var headers = Folded().Replace(text[..end], " ").Split('\n');
        string Header(string name) => headers.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim() ?? "";
        var type = Header("Content-Type");
        var subject = Marks().Replace(Header("Subject"), "").Trim();
        var body = string.Join('\n', text[(end + 2)..].Split('\n').Where(line => !line.StartsWith('>'))).Trim();
        return (type.Length == 0 || type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)) && body.Length > 0 && subject.Contains(' ') && !subject.Contains("=?")
            ? new SummaryPair(body, subject)
            : null;
    }

    private static SummaryPair Document(CounterRandom random, int sentences)
    {
        var topics = random.Distinct(0, Nouns.Length, sentences);
        var told = topics.Select(topic => $"the {Adjectives[random.Next(Adjectives.Length)]} {Nouns[topic]} {Verbs[random.Next(Verbs.Length)]} "
            + $"the {Adjectives[random.Next(Adjectives.Length)]} {Nouns[random.Next(Nouns.Length)]}").ToArray();
        var chosen = random.Next(sentences);
        return new SummaryPair($"about the {Nouns[topics[chosen]]} : {string.Join(" . ", told)} .", told[chosen]);
    }

    /// <summary>FNV-1a, the same on every machine.</summary>
    private static long StableHash(string text) =>
        (long)text.ToLowerInvariant().Aggregate(14695981039346656037UL, (hash, sign) => unchecked((hash ^ sign) * 1099511628211UL));

    [GeneratedRegex(@"\n[ \t]+")]
    private static partial Regex Folded();

    /// <summary>Signs of a reply or a forward, and the tag of a mailing list.</summary>
    [GeneratedRegex(@"^(\s*(re|fwd?|aw)\s*(\[\d+\])?:|\s*\[[^\]]{1,30}\])+", RegexOptions.IgnoreCase)]
    private static partial Regex Marks();
}
