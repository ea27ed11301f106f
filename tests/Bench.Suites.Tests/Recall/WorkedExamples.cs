using System.Globalization;
using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

/// <summary>The small tasks whose first row of seed 1 is printed on the pages of <c>docs/tasks</c>.</summary>
internal static class WorkedExamples
{
    /// <summary>Page name, caption, task.</summary>
    public static IReadOnlyList<(string Page, string Caption, ITokenTask Task)> All { get; } =
    [
        ("mqar", "V = 32, L = 16, K = 2", new Mqar(new MqarOptions { VocabularySize = 32, Length = 16, Pairs = 2, RandomNonQueries = false })),
        ("forgetting-mqar", "V = 32, L = 18, K = 3, U = 1",
            new ForgettingMqar(new ForgettingMqarOptions { VocabularySize = 32, Length = 18, Pairs = 3, Updates = 1, RandomNonQueries = false })),
        ("compositional-mqar", "V = 30, L = 24, K = 4",
            new CompositionalMqar(new CompositionalMqarOptions { VocabularySize = 30, Length = 24, Pairs = 4, RandomNonQueries = false })),
        ("mini-mqar", "V = 32, K = 3, q = 2", new MiniMqar(new MiniMqarOptions { VocabularySize = 32, Pairs = 3, Queries = 2 })),
        ("set-intersection", "V = 64, lists of 3 and 6", new SetIntersection(new SetIntersectionOptions { VocabularySize = 64, FirstLength = 3, SecondLength = 6 })),
        ("circuits", "parity, L = 10", new Circuit(new CircuitOptions { Kind = CircuitKind.Parity, Length = 10 })),
        ("circuits", "vocabulary majority, L = 10, V = 6", new Circuit(new CircuitOptions { Kind = CircuitKind.VocabularyMajority, Length = 10, VocabularySize = 6 })),
        ("circuits", "cumulative majority, L = 10", new Circuit(new CircuitOptions { Kind = CircuitKind.CumulativeMajority, Length = 10 })),
        ("mad", "in-context recall, V = 8, length 16, test row", new MadRecall(new MadRecallOptions { VocabularySize = 8, SequenceLength = 16 })),
        ("mad", "noisy recall, V = 12 with 4 noise tokens, length 16, test row",
            new MadRecall(new MadRecallOptions { VocabularySize = 12, SequenceLength = 16, NoiseVocabulary = 4, NoiseShare = 0.4 })),
        ("mad", "fuzzy recall, V = 10, L = 24, motifs up to 2, test row",
            new MadFuzzyRecall(new MadFuzzyRecallOptions { VocabularySize = 10, Length = 24, KeyMotif = 2, ValueMotif = 2 })),
        ("mad", "memorisation, V = 17, L = 8", new MadMemorization(new MadMemorizationOptions { VocabularySize = 17, Length = 8 })),
        ("mad", "compression, V = 8, L = 8", new MadCompression(new MadCompressionOptions { VocabularySize = 8, Length = 8 })),
        ("mad", "selective copying, V = 8, L = 16, n = 4", new MadSelectiveCopying(new MadSelectiveCopyingOptions { VocabularySize = 8, Length = 16, Copied = 4 })),
        ("copying", "A = 8, M = 4, 6 blanks", new Copying(new CopyingOptions { VocabularySize = 8, Copied = 4, Noise = 6 })),
        ("copying", "the same, selective", new Copying(new CopyingOptions { VocabularySize = 8, Copied = 4, Noise = 6, Selective = true })),
        ("induction-heads", "V = 12, 12 random tokens", new InductionHeads(new InductionHeadsOptions { VocabularySize = 12, SequenceLength = 12 })),
        ("associative-recall", "V = 12, 8 pairs", new AssociativeRecall(new AssociativeRecallOptions { VocabularySize = 12, SequenceLength = 16 })),
        ("bigram-backcopy", "k = 3, L = 16", new BigramBackcopy(new BigramBackcopyOptions { Length = 16 })),
        ("cross-recall", "V = 32, K = 4, M = 8, 3 queries", new CrossRecall(new CrossRecallOptions { VocabularySize = 32, Pairs = 4, SourceLength = 8, Queries = 3 })),
        ("cross-recall", "the same, decoded",
            new CrossRecall(new CrossRecallOptions { VocabularySize = 32, Pairs = 4, SourceLength = 8, Queries = 3, Decoded = true })),
        ("needles", "V = 33, L = 20, two keys, one query", new Needles(new NeedlesOptions { VocabularySize = 33, Length = 20, Keys = 2 })),
        ("variable-tracking", "V = 33, L = 20, one chain of two hops", new VariableTracking(new VariableTrackingOptions { VocabularySize = 33, Length = 20, Hops = 2 })),
        ("phonebook", "three entries, four first and four last names", new Phonebook(new PhonebookOptions { Entries = 3, Names = 4 })),
        ("reversal", "training row, two pairs a group",
            new Reversal(new ReversalOptions { PairsPerGroup = 2, TrainTemplates = 3, TestTemplates = 2, DescriptionTokens = 2 })),
        ("reversal", "reversed test row",
            new Reversal(new ReversalOptions { PairsPerGroup = 2, TrainTemplates = 3, TestTemplates = 2, DescriptionTokens = 2, Split = ReversalSplit.TestReversed })),
        ("indirect-object", "6 names, 3 places, 3 things", new IndirectObject(new IndirectObjectOptions { Names = 6, Nouns = 3 })),
        ("coloured-objects", "three items, one worked question", new ColouredObjects(new ColouredObjectsOptions { Items = 3, Objects = 6, Colours = 4 })),
    ];

    /// <summary>The block that a page shows: a dot where nothing is scored.</summary>
    public static string Render(ITokenTask task)
    {
        var sample = task.Generate(seed: 1, rows: 1).Sample(0);
        var (inputs, labels, source) = (Texts(sample.Inputs), Texts(sample.Labels), Texts(sample.Source));
        for (var i = 0; i < inputs.Length; i++)
        {
            var width = Math.Max(inputs[i].Length, labels[i].Length);
            (inputs[i], labels[i]) = (inputs[i].PadLeft(width), labels[i].PadLeft(width));
        }

        return (source.Length > 0 ? $"source {string.Join(' ', source)}\n" : "") + $"inputs {string.Join(' ', inputs)}\nlabels {string.Join(' ', labels)}";
    }

    private static string[] Texts(ReadOnlySpan<int> tokens) =>
        [.. tokens.ToArray().Select(token => token == TokenBatch.NotScored ? "·" : token.ToString(CultureInfo.InvariantCulture))];
}
