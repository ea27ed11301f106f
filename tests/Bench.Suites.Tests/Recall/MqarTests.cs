using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

public sealed class MqarTests
{
    // Statistics of the authors' generator: 12,000 rows each, quiet non-queries (arXiv:2312.04927, HazyResearch/zoology).
    // Slots are pairs of positions behind the context; occupancies are of slots 0, 1, 2, 4, S/2 and S − 1.
    [Theory]
    [InlineData(64, 4, 0.01, 7.13, 5.99, 8.07, 0.726, 0.477, 0.346, 0.223, 0.078, 0.043, 19.26)]
    [InlineData(64, 4, 1, 13.46, 13.43, 13.50, 0.140, 0.154, 0.143, 0.145, 0.143, 0.137, 31.92)]
    [InlineData(64, 8, 0.01, 7.43, 5.26, 9.29, 0.960, 0.818, 0.696, 0.507, 0.240, 0.134, 23.86)]
    [InlineData(64, 16, 0.01, 7.50, 3.77, 11.71, 1, 1, 1, 1, 1, 1, 32.00)]
    [InlineData(128, 8, 0.01, 14.16, 11.26, 16.82, 0.893, 0.696, 0.545, 0.375, 0.076, 0.041, 37.32)]
    [InlineData(256, 16, 0.01, 28.20, 20.71, 34.46, 0.983, 0.883, 0.775, 0.594, 0.079, 0.039, 73.40)]
    [InlineData(256, 64, 0.01, 31.50, 12.53, 51.70, 1, 1, 1, 1, 1, 1, 128.00)]
    [InlineData(512, 64, 0.01, 61.46, 32.04, 80.33, 1, 1, 1, 0.993, 0.233, 0.131, 187.92)]
    [InlineData(64, 8, 0.1, 7.72, 5.93, 9.42, 0.930, 0.789, 0.654, 0.495, 0.250, 0.146, 24.44)]
    [InlineData(128, 8, 0.5, 20.62, 20.04, 21.21, 0.488, 0.376, 0.321, 0.254, 0.114, 0.082, 50.24)]
    public void Slots_follow_the_statistics_of_the_authors_generator(
        int length, int pairs, double power, double mean, double first, double last,
        double slot0, double slot1, double slot2, double slot4, double middle, double end, double distance)
    {
        const int Rows = 12_000;
        var task = new Mqar(new MqarOptions { Length = length, Pairs = pairs, Power = power, RandomNonQueries = false });
        var slots = (length / 2) - pairs;
        var occupied = new double[slots];
        double sum = 0, firsts = 0, lasts = 0, distances = 0;
        var batch = task.Generate(4242, Rows);
        for (var row = 0; row < Rows; row++)
        {
            var sample = batch.Sample(row);
            foreach (var position in sample.ScoredPositions)
            {
                var slot = (position - (2 * pairs)) / 2;
                var pair = sample.Inputs[..(2 * pairs)].IndexOf(sample.Inputs[position]) / 2;
                occupied[slot] += 1.0 / Rows;
                sum += slot;
                distances += position - (2 * pair);
                firsts += pair == 0 ? slot : 0;
                lasts += pair == pairs - 1 ? slot : 0;
            }
        }

        Assert.Equal(mean, sum / (Rows * pairs), 0.03 * mean);
        Assert.Equal(distance, distances / (Rows * pairs), 0.03 * distance);
        Assert.Equal(first, firsts / Rows, 0.05 * first);
        Assert.Equal(last, lasts / Rows, 0.05 * last);
        Assert.Equal(
            [slot0, slot1, slot2, slot4, middle, end],
            [occupied[0], occupied[1], occupied[2], occupied[4], occupied[slots / 2], occupied[slots - 1]],
            (expected, actual) => Math.Abs(expected - actual) <= 0.02);
    }

    [Fact]
    public void First_pair_lands_where_the_closed_form_says()
    {
        var task = new Mqar(new MqarOptions { Length = 64, Pairs = 4, RandomNonQueries = false });
        var weights = Enumerable.Range(1, 28).Select(j => Math.Pow(j, -0.99)).ToArray();
        var expected = weights.Select((weight, j) => j * weight).Sum() / weights.Sum();
        var batch = task.Generate(7, 20_000);
        var mean = Enumerable.Range(0, batch.Rows).Average(row =>
        {
            var sample = batch.Sample(row);
            return (sample.Inputs[8..].IndexOf(sample.Inputs[0])) / 2.0;
        });

        Assert.Equal(expected, mean, 0.03 * expected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_row_obeys_the_laws_and_fits_in_any_batch(bool randomNonQueries)
    {
        var task = new Mqar(new MqarOptions { VocabularySize = 256, Length = 64, Pairs = 8, RandomNonQueries = randomNonQueries });
        var whole = task.Generate(3, 100);
        var part = task.Generate(3, 40, 10);

        Assert.Equal(800, whole.Scored);
        Assert.All(Enumerable.Range(0, 100), row => Assert.Null(task.Violation(whole.Sample(row))));
        Assert.Equal(whole.Inputs[(40 * 64)..(50 * 64)], part.Inputs);
        Assert.Equal(whole.Labels[(40 * 64)..(50 * 64)], part.Labels);
    }

    [Fact]
    public void Train_and_test_rows_differ()
    {
        var task = new Mqar(new MqarOptions { VocabularySize = 8192 });
        var train = task.Generate(TokenTasks.TrainSeed(1), 2_000);
        var test = task.Generate(TokenTasks.TestSeed(1), 2_000);
        HashSet<string> seen = [.. Rows(train)];

        Assert.Equal(2_000, seen.Count);
        Assert.DoesNotContain(Rows(test), seen.Contains);

        static IEnumerable<string> Rows(TokenBatch batch) => Enumerable.Range(0, batch.Rows).Select(row => string.Join(' ', batch.Sample(row).Inputs.ToArray()));
    }

    [Fact]
    public void Same_seed_gives_the_same_tokens_on_every_platform()
    {
        var batch = new Mqar(new MqarOptions { VocabularySize = 256, Length = 16, Pairs = 2, RandomNonQueries = false }).Generate(1, 1);

        Assert.Equal([114, 219, 75, 214, 0, 0, 0, 0, 0, 0, 0, 0, 114, 0, 75, 0], batch.Inputs);
    }

    [Fact]
    public void Based_grid_reaches_the_published_lengths()
    {
        Assert.Equal(180_000, MqarGrids.BasedTrain.Sum(segment => segment.Examples));
        Assert.Equal(1024, MqarGrids.BasedTest.Max(segment => segment.Options.Length));
        Assert.All(MqarGrids.BasedTest, segment => Assert.Null(new Mqar(segment.Options) is var task ? task.Violation(task.Generate(1, 1).Sample(0)) : ""));
    }

    [Theory]
    [InlineData(63, 4, 256)]
    [InlineData(64, 17, 256)]
    [InlineData(64, 4, 64)]
    [InlineData(64, 0, 256)]
    public void Options_without_room_are_refused(int length, int pairs, int vocabulary) =>
        Assert.Throws<ArgumentException>(() => new Mqar(new MqarOptions { Length = length, Pairs = pairs, VocabularySize = vocabulary }));
}
