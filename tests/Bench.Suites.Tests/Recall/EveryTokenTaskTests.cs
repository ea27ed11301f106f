using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

/// <summary>Laws of every token task, each in small and awkward sizes.</summary>
public sealed class EveryTokenTaskTests
{
    private static readonly ITokenTask[] All =
    [
        new Mqar(new MqarOptions { VocabularySize = 67, Length = 34, Pairs = 5 }),
        new ForgettingMqar(new ForgettingMqarOptions { VocabularySize = 61, Length = 46, Pairs = 7, Updates = 5 }),
        new CompositionalMqar(new CompositionalMqarOptions { VocabularySize = 100, Length = 61, Pairs = 9, RandomNonQueries = false }),
        new MiniMqar(new MiniMqarOptions { VocabularySize = 51, Pairs = 7, Queries = 3 }),
        new SetIntersection(new SetIntersectionOptions { VocabularySize = 101, FirstLength = 3, SecondLength = 17 }),
        new SetIntersection(new SetIntersectionOptions { VocabularySize = 101, FirstLength = 17, SecondLength = 3 }),
        .. Enum.GetValues<CircuitKind>().Select(kind => new Circuit(new CircuitOptions { Kind = kind, Length = 17, VocabularySize = 7 })),
        new MadRecall(new MadRecallOptions()),
        new MadRecall(new MadRecallOptions { Training = true, VocabularySize = 33, NoiseVocabulary = 15, NoiseShare = 0.4 }),
        new MadRecall(new MadRecallOptions { MultiQuery = false, VocabularySize = 17 }),
        new MadFuzzyRecall(new MadFuzzyRecallOptions()),
        new MadFuzzyRecall(new MadFuzzyRecallOptions { Training = true, VocabularySize = 33, Length = 63, KeyMotif = 2 }),
        new MadFuzzyRecall(new MadFuzzyRecallOptions { MultiQuery = false, Length = 77 }),
        new MadMemorization(new MadMemorizationOptions { VocabularySize = 65 }),
        new MadCompression(new MadCompressionOptions { VocabularySize = 9, Length = 17 }),
        new MadSelectiveCopying(new MadSelectiveCopyingOptions { VocabularySize = 11, Length = 63, Copied = 7 }),
        new Copying(new CopyingOptions { Noise = 17, Copied = 5, VocabularySize = 7 }),
        new Copying(new CopyingOptions { Noise = 17, Copied = 5, VocabularySize = 7, Selective = true, Reverse = true }),
        new InductionHeads(new InductionHeadsOptions { SequenceLength = 31, Remembered = 3 }),
        new InductionHeads(new InductionHeadsOptions { Training = true }),
        new AssociativeRecall(new AssociativeRecallOptions { VocabularySize = 11, SequenceLength = 25, KeyTokens = 2 }),
        new AssociativeRecall(new AssociativeRecallOptions { Training = true }),
        new BigramBackcopy(new BigramBackcopyOptions { Length = 63, Triggers = 5 }),
        new CrossRecall(new CrossRecallOptions { VocabularySize = 67, Pairs = 7, SourceLength = 31, Queries = 5 }),
        new CrossRecall(new CrossRecallOptions { VocabularySize = 67, Pairs = 7, SourceLength = 31, Queries = 5, Decoded = true, RandomNonPairs = false }),
        new Needles(new NeedlesOptions { Length = 63, VocabularySize = 70, Depth = 0.5 }),
        new Needles(new NeedlesOptions { Length = 63, VocabularySize = 70, Keys = 4, ValuesPerKey = 3, Queries = 2 }),
        new VariableTracking(new VariableTrackingOptions { Length = 63, VocabularySize = 100, Chains = 3, Hops = 3 }),
        new Phonebook(new PhonebookOptions { Entries = 7, Names = 5 }),
        .. Enum.GetValues<ReversalSplit>().Select(split => new Reversal(new ReversalOptions { Split = split, PairsPerGroup = 5, TrainTemplates = 3, TestTemplates = 2 })),
        new IndirectObject(new IndirectObjectOptions { Names = 9, Nouns = 3, Distractors = 2 }),
        new ColouredObjects(new ColouredObjectsOptions { Items = 5, Objects = 7, Colours = 3 }),
        new GridQuestion(new GridQuestionOptions { Distractors = 20 }),
        new GridQuestion(new GridQuestionOptions { Conditional = true, Cross = true }),
    ];

    private static readonly Dictionary<string, ITokenTask> Tasks = All.Index().ToDictionary(item => $"{item.Index:00} {item.Item.Name}", item => item.Item);

    public static TheoryData<string> Names => [.. Tasks.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Rows_obey_the_laws(string name)
    {
        var task = Tasks[name];
        var batch = task.Generate(1, 300);

        for (var row = 0; row < batch.Rows; row++)
        {
            Assert.True(task.Violation(batch.Sample(row)) is null, $"Row {row}: {task.Violation(batch.Sample(row))}");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_scored_label_is_checked_and_none_can_be_left_out_or_added(string name)
    {
        var task = Tasks[name];
        var batch = task.Generate(2, 5);

        for (var row = 0; row < batch.Rows; row++)
        {
            for (var position = 0; position < batch.Length; position++)
            {
                var place = (row * batch.Length) + position;
                var label = batch.Labels[place];
                batch.Labels[place] = label == TokenBatch.NotScored ? 1 : TokenBatch.NotScored;
                Assert.True(task.Violation(batch.Sample(row)) is not null, $"Row {row} is accepted with another set of scored positions ({position}).");
                // The last character of a bigram row is drawn by chance, so several are right.
                if (label != TokenBatch.NotScored && !(task is BigramBackcopy && position == batch.Length - 1))
                {
                    batch.Labels[place] = (label + 1) % task.VocabularySize;
                    Assert.True(task.Violation(batch.Sample(row)) is not null, $"Row {row} is accepted with another label at {position}.");
                }

                batch.Labels[place] = label;
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_row_does_not_depend_on_its_batch(string name)
    {
        var (whole, part) = (Tasks[name].Generate(3, 20), Tasks[name].Generate(3, 12, 5));

        Assert.Equal(whole.Inputs[(12 * whole.Length)..(17 * whole.Length)], part.Inputs);
        Assert.Equal(whole.Labels[(12 * whole.Length)..(17 * whole.Length)], part.Labels);
        Assert.Equal(whole.Source[(12 * whole.SourceLength)..(17 * whole.SourceLength)], part.Source);
    }

    [Theory, MemberData(nameof(Names))]
    public void Other_seeds_give_other_rows(string name)
    {
        var (train, test) = (Tasks[name].Generate(TokenTasks.TrainSeed(1), 50), Tasks[name].Generate(TokenTasks.TestSeed(1), 50));

        Assert.NotEqual(train.Inputs.Concat(train.Source), test.Inputs.Concat(test.Source));
    }

    [Theory, MemberData(nameof(Names))]
    public void Rows_and_labels_vary_within_a_batch(string name)
    {
        var batch = Tasks[name].Generate(4, 200);
        var rows = Enumerable.Range(0, batch.Rows).Select(row => string.Join(' ', batch.Sample(row).Inputs.ToArray()) + string.Join(' ', batch.Sample(row).Source.ToArray()));

        Assert.True(rows.Distinct().Count() > 15, "Most rows are the same.");
        Assert.True(batch.Labels.Where(label => label != TokenBatch.NotScored).Distinct().Count() > 1, "Every label is the same.");
    }
}
