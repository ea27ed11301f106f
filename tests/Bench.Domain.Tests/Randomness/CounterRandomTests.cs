using Bench.Domain.Randomness;

namespace Bench.Domain.Tests.Randomness;

public sealed class CounterRandomTests
{
    // Known-answer vectors of the authors' Random123 distribution for philox4x32-10.
    [Theory]
    [InlineData(0x0UL, 0x0UL, 0x0u, 0x0u, new[] { 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u })]
    [InlineData(ulong.MaxValue, ulong.MaxValue, uint.MaxValue, uint.MaxValue, new[] { 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu })]
    [InlineData(0x85a308d3243f6a88UL, 0x0370734413198a2eUL, 0xa4093822u, 0x299f31d0u, new[] { 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u })]
    public void Block_equals_the_authors_known_answers(ulong low, ulong high, uint key0, uint key1, uint[] expected)
    {
        var block = new uint[4];

        CounterRandom.Block(low, high, key0, key1, block);

        Assert.Equal(expected, block);
    }

    [Fact]
    public void Same_seed_and_stream_give_the_same_numbers_for_ever()
    {
        var random = new CounterRandom(42, 7);

        Assert.Equal([random.Next(1000), random.Next(1000), random.Next(1000), random.Next(1000)], Fresh());

        static int[] Fresh()
        {
            var again = new CounterRandom(42, 7);
            return [again.Next(1000), again.Next(1000), again.Next(1000), again.Next(1000)];
        }
    }

    [Fact]
    public void Streams_and_seeds_differ()
    {
        var firsts = new[] { (0L, 0L), (0L, 1L), (1L, 0L), (1L, 1L), (1L << 40, 0L), (0L, -1L) }
            .Select(pair => new CounterRandom(pair.Item1, pair.Item2).NextUInt64()).ToList();

        Assert.Equal(firsts.Count, firsts.Distinct().Count());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Next_is_uniform(int bound)
    {
        var random = new CounterRandom(1);
        var counts = new int[bound];
        var draws = 200 * bound;
        for (var i = 0; i < draws; i++)
        {
            counts[random.Next(bound)]++;
        }

        var chiSquare = counts.Sum(count => (count - 200.0) * (count - 200.0) / 200.0);

        // Mean bound − 1, standard deviation √(2·(bound − 1)); five of them is out of reach by chance.
        Assert.InRange(chiSquare, 0, bound - 1 + (5 * Math.Sqrt(2.0 * (bound - 1))));
    }

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(5, 1000, 3)]
    [InlineData(5, 1000, 600)]
    public void Distinct_integers_are_distinct_and_in_range(int from, int to, int count)
    {
        var chosen = new CounterRandom(3).Distinct(from, to, count);

        Assert.Equal(count, chosen.Distinct().Count());
        Assert.All(chosen, value => Assert.InRange(value, from, to - 1));
    }

    [Fact]
    public void More_distinct_integers_than_the_range_holds_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CounterRandom(3).Distinct(0, 4, 5));

    [Fact]
    public void Weighted_draws_follow_the_weights_and_never_take_a_zero()
    {
        var random = new CounterRandom(4);
        var counts = new int[4];
        for (var i = 0; i < 40_000; i++)
        {
            counts[random.Weighted([1, 0, 2, 5])]++;
        }

        Assert.Equal(0, counts[1]);
        Assert.Equal([0.125, 0, 0.25, 0.625], counts.Select(count => Math.Round(count / 40_000.0, 3)), (a, b) => Math.Abs(a - b) < 0.01);
    }

    [Fact]
    public void Weighted_draw_from_nothing_is_refused() =>
        Assert.Throws<ArgumentException>(() => new CounterRandom(4).Weighted([0, 0]));

    [Fact]
    public void Normal_numbers_have_mean_zero_and_variance_one()
    {
        var random = new CounterRandom(5);
        var values = Enumerable.Range(0, 50_000).Select(_ => random.NextNormal()).ToList();

        Assert.Equal(0, values.Average(), 0.02);
        Assert.Equal(1, values.Average(value => value * value), 0.03);
    }

    [Fact]
    public void Shuffle_keeps_every_item_and_moves_them_evenly()
    {
        var random = new CounterRandom(6);
        var firsts = new int[5];
        for (var i = 0; i < 10_000; i++)
        {
            int[] items = [0, 1, 2, 3, 4];
            random.Shuffle<int>(items);
            firsts[items[0]]++;
            Assert.Equal(10, items.Sum());
        }

        Assert.All(firsts, count => Assert.InRange(count, 1800, 2200));
    }
}
