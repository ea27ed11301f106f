using Bench.Domain.Analysis;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using CsCheck;

namespace Bench.Domain.Tests.Analysis;

public sealed class BoardRankingTests
{
    [Fact]
    public void Ties_get_the_documented_ranks()
    {
        // A beats C only.
        var beats = new bool[3, 3];
        beats[0, 2] = true;

        Assert.Equal([(1, 2), (1, 3), (2, 3)], BoardRanking.Ranks(beats));
    }

    [Fact]
    public void Clear_differences_are_ranked_and_unclear_ones_tied()
    {
        var random = new CounterRandom(31);
        var scores = Scores(random, ("fast", 1.0, 0.01), ("slow", 2.0, 0.01), ("noisy", 1.0, 0.5));

        var rows = BoardRanking.Rank(scores, Better.Lower, seed: 1, resamples: 2_000);

        var fast = rows.Single(row => row.Entrant == "fast");
        var slow = rows.Single(row => row.Entrant == "slow");
        Assert.Equal(1, fast.BestRank);
        Assert.Equal("3", slow.RankText);
        Assert.Equal("1–2", fast.RankText);
        Assert.Equal(1, fast.TiedWith);
        Assert.InRange(fast.ResolvableDifference!.Value, 0.05, 0.5);
        Assert.Null(slow.ResolvableDifference);
    }

    [Fact]
    public void Reversing_the_direction_reverses_the_order()
    {
        var scores = Scores(new CounterRandom(32), ("a", 1.0, 0.01), ("b", 2.0, 0.01), ("c", 3.0, 0.01));

        Assert.Equal(["a", "b", "c"], BoardRanking.Rank(scores, Better.Lower, 1, resamples: 500).Select(row => row.Entrant));
        Assert.Equal(["c", "b", "a"], BoardRanking.Rank(scores, Better.Higher, 1, resamples: 500).Select(row => row.Entrant));
    }

    [Fact]
    public void Order_of_the_input_does_not_matter()
    {
        var scores = Scores(new CounterRandom(33), ("a", 1.0, 0.2), ("b", 1.1, 0.2), ("c", 1.3, 0.2));
        var reversed = scores.Reverse().ToArray();

        Assert.Equal(BoardRanking.Rank(scores, Better.Lower, 1, resamples: 500), BoardRanking.Rank(reversed, Better.Lower, 1, resamples: 500));
    }

    [Fact]
    public void A_single_shared_number_never_decides()
    {
        BoardScore[] scores = [new("a", "cell", 1, 1), new("b", "cell", 1, 100)];

        Assert.All(BoardRanking.Rank(scores, Better.Lower, 1), row => Assert.Equal("1–2", row.RankText));
    }

    [Fact]
    public void Large_boards_can_still_be_decided()
    {
        // Holm multiplies by 300 pairs here: a p counted from resamples alone could never get below 0.05.
        var random = new CounterRandom(34);
        var scores = Scores(random, [.. Enumerable.Range(0, 25).Select(i => ($"m{i:00}", 1.0 + i, 0.01))]);

        var rows = BoardRanking.Rank(scores, Better.Lower, 1, resamples: 500);

        Assert.Equal(Enumerable.Range(1, 25), rows.Select(row => row.BestRank));
    }

    [Fact]
    public void Equal_entrants_are_separated_in_at_most_5_of_100_boards()
    {
        var random = new CounterRandom(35);
        var separated = Enumerable.Range(0, 200).Count(i =>
            BoardRanking.Rank(Scores(random, ("a", 1, 0.1), ("b", 1, 0.1), ("c", 1, 0.1)), Better.Lower, i, resamples: 400).Any(row => row.BestRank > 1));

        // Ten cells make the bootstrap a little too sure of itself; 5 % nominal, well below 12 % in fact.
        Assert.InRange(separated / 200.0, 0, 0.12);
    }

    [Fact]
    public void Ranks_enclose_each_other_for_any_tournament() =>
        Gen.Int[1, 8].SelectMany(n => Gen.Int[0, 2].Array[n * n].Select(cells => (n, cells))).Sample((n, cells) =>
        {
            var beats = new bool[n, n];
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    beats[i, j] = cells[(i * n) + j] == 1;
                    beats[j, i] = cells[(i * n) + j] == 2;
                }
            }

            Assert.All(BoardRanking.Ranks(beats), rank => Assert.True(1 <= rank.Best && rank.Best <= rank.Worst && rank.Worst <= n));
        });

    [Fact]
    public void Two_numbers_for_one_cell_and_seed_are_refused() =>
        Assert.Throws<ArgumentException>(() => BoardRanking.Rank([new("a", "c", 1, 1), new("a", "c", 1, 2)], Better.Lower, 1));

    private static BoardScore[] Scores(CounterRandom random, params (string Name, double Level, double Noise)[] entrants) =>
    [
        .. from entrant in entrants
           from cell in Enumerable.Range(0, 10)
           from seed in Enumerable.Range(0, 3)
           select new BoardScore(entrant.Name, $"cell{cell}", seed, entrant.Level + (entrant.Noise * random.NextNormal())),
    ];
}
