using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

/// <summary>Statistics of the authors' generators (arXiv:2403.17844): scored positions and places of copied tokens.</summary>
public sealed class MadTests
{
    [Fact]
    public void In_context_recall_scores_56_positions() => Assert.Equal(56.0, ScoredPerRow(new MadRecall(new MadRecallOptions()), 2_000), 0.1);

    [Fact]
    public void Noisy_recall_scores_44_positions() => Assert.Equal(
        43.7, ScoredPerRow(new MadRecall(new MadRecallOptions { VocabularySize = 32, NoiseVocabulary = 16, NoiseShare = 0.2 }), 2_000), 0.5);

    [Fact]
    public void Fuzzy_recall_scores_four_to_five_positions() =>
        // 4.45 in 400 rows of the authors; which pairs still fit before the padding is a detail of theirs.
        Assert.Equal(4.45, ScoredPerRow(new MadFuzzyRecall(new MadFuzzyRecallOptions()), 2_000), 0.45);

    [Fact]
    public void Copied_tokens_stand_in_equal_steps_and_the_last_at_238()
    {
        var batch = new MadSelectiveCopying(new MadSelectiveCopyingOptions()).Generate(1, 2_000);
        var means = new double[16];
        for (var row = 0; row < batch.Rows; row++)
        {
            var inputs = batch.Sample(row).Inputs[..239].ToArray();
            foreach (var (i, position) in inputs.Index().Where(item => item.Item != 14).Select(item => item.Index).Index())
            {
                means[i] += position / 2_000.0;
            }
        }

        Assert.Equal(238, means[15], 1e-9);
        Assert.Equal([13.9, 28.8, 43.8, 223.0], new[] { means[0], means[1], means[2], means[14] }, (a, b) => Math.Abs(a - b) < 0.8);
    }

    [Fact]
    public void Memorisation_asks_one_map_in_training_and_test()
    {
        var task = new MadMemorization(new MadMemorizationOptions());
        var map = new Dictionary<int, int>();
        foreach (var seed in new[] { TokenTasks.TrainSeed(1), TokenTasks.TestSeed(1) })
        {
            var batch = task.Generate(seed, 100);
            for (var i = 0; i < batch.Inputs.Length; i += 2)
            {
                Assert.Equal(batch.Labels[i + 1], map.TryGetValue(batch.Inputs[i], out var value) ? value : map[batch.Inputs[i]] = batch.Labels[i + 1]);
            }
        }

        Assert.Equal(map.Count, map.Values.Distinct().Count());
        Assert.InRange(map.Count, 120, 127);
    }

    private static double ScoredPerRow(ITokenTask task, int rows) => task.Generate(1, rows).Scored / (double)rows;
}
