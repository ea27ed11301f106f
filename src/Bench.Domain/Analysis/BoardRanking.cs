using Bench.Domain.Randomness;
using Bench.Domain.Results;

namespace Bench.Domain.Analysis;

/// <summary>One number on a board.</summary>
/// <param name="Entrant">Who is ranked, such as an implementation id.</param>
/// <param name="Cell">What was measured; only cells that two entrants share are compared.</param>
/// <param name="Seed">Which repetition of it; equal seeds of two entrants form a pair.</param>
/// <param name="Value">The score. Give logarithms where ratios matter, as for times.</param>
public sealed record BoardScore(string Entrant, string Cell, int Seed, double Value);

/// <summary>A row of a ranked board.</summary>
public sealed record RankedEntrant
{
    /// <summary>Who is ranked.</summary>
    public required string Entrant { get; init; }

    /// <summary>Mean over cells of the mean over seeds.</summary>
    public required double Score { get; init; }

    /// <summary>One more than the number of entrants that beat this one; shown as the rank.</summary>
    public required int BestRank { get; init; }

    /// <summary>All entrants minus those that this one beats.</summary>
    public required int WorstRank { get; init; }

    /// <summary>How many others neither beat this one nor are beaten by it.</summary>
    public required int TiedWith { get; init; }

    /// <summary>The smallest difference from a tied entrant that these repetitions could have shown; null without ties.</summary>
    public required double? ResolvableDifference { get; init; }

    /// <summary><c>1</c> or <c>1–3</c>.</summary>
    public string RankText => BestRank == WorstRank ? $"{BestRank}" : $"{BestRank}–{WorstRank}";
}

/// <summary>
/// Ranks with ties: i beats j when the paired difference over shared cells and seeds excludes zero after Holm's correction over all pairs.
/// </summary>
public static class BoardRanking
{
    /// <summary>Resamples of every pair.</summary>
    public const int Resamples = 10_000;

    // Fewer resamples than this on the far side say only that p is small; its size then comes from the normal tail.
    private const int CountedTail = 10;

    /// <summary>
    /// Ranks all entrants by a paired bootstrap: cells are resampled at the outer level and seeds at the inner one.
    /// </summary>
    /// <param name="scores">All numbers of the board; one for each entrant, cell and seed.</param>
    /// <param name="better">Which way the score improves.</param>
    /// <param name="seed">Seed of the bootstrap, so that reloads agree.</param>
    /// <param name="level">Significance level of the whole board.</param>
    /// <param name="resamples">How many resamples of every pair.</param>
    /// <returns>Rows by best rank, then score, then name.</returns>
    /// <exception cref="ArgumentException">One entrant has two numbers for the same cell and seed.</exception>
    public static IReadOnlyList<RankedEntrant> Rank(
        IEnumerable<BoardScore> scores, Better better, long seed, double level = 0.05, int resamples = Resamples)
    {
        var entrants = scores.GroupBy(score => score.Entrant, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(Entrant.Of).ToList();
        var pairs = (from i in Enumerable.Range(0, entrants.Count)
                     from j in Enumerable.Range(i + 1, entrants.Count - i - 1)
                     select (i, j)).ToList();
        var tests = pairs.Select((pair, stream) =>
            PairedTest.Of(entrants[pair.i], entrants[pair.j], new CounterRandom(seed, stream), resamples)).ToList();
        var adjusted = MultipleTesting.Holm([.. tests.Select(test => test.PValue)]);

        var beats = new bool[entrants.Count, entrants.Count];
        for (var p = 0; p < pairs.Count; p++)
        {
            if (adjusted[p] <= level)
            {
                var firstWins = tests[p].Difference > 0 == (better == Better.Higher);
                beats[firstWins ? pairs[p].i : pairs[p].j, firstWins ? pairs[p].j : pairs[p].i] = true;
            }
        }

        var ranks = Ranks(beats);
        var rows = entrants.Select((entrant, i) =>
        {
            var ties = pairs.Select((pair, p) => (pair, Test: tests[p]))
                .Where(item => (item.pair.i == i || item.pair.j == i) && !beats[item.pair.i, item.pair.j] && !beats[item.pair.j, item.pair.i])
                .ToList();
            return new RankedEntrant
            {
                Entrant = entrant.Name,
                Score = entrant.Cells.Values.Average(cell => cell.Values.Average()),
                BestRank = ranks[i].Best,
                WorstRank = ranks[i].Worst,
                TiedWith = ties.Count,
                ResolvableDifference = ties.Count > 0 ? ties.Max(tie => tie.Test.HalfWidth) : null,
            };
        });
        var sign = better == Better.Lower ? 1 : -1;
        return [.. rows.OrderBy(row => row.BestRank).ThenBy(row => sign * row.Score).ThenBy(row => row.Entrant, StringComparer.Ordinal)];
    }

    /// <summary>Best and worst rank of everyone from who beats whom.</summary>
    /// <param name="beats">[i, j] is true when i beats j; the matrix is square.</param>
    public static IReadOnlyList<(int Best, int Worst)> Ranks(bool[,] beats)
    {
        var count = beats.GetLength(0);
        return [.. Enumerable.Range(0, count).Select(i => (
            1 + Enumerable.Range(0, count).Count(j => beats[j, i]),
            count - Enumerable.Range(0, count).Count(j => beats[i, j])))];
    }

    /// <summary>Cells and seeds in a fixed order, so that sums and random draws do not depend on the order of the input.</summary>
    private sealed record Entrant(string Name, SortedDictionary<string, SortedDictionary<int, double>> Cells)
    {
        public static Entrant Of(IGrouping<string, BoardScore> scores)
        {
            var cells = new SortedDictionary<string, SortedDictionary<int, double>>(StringComparer.Ordinal);
            foreach (var score in scores)
            {
                if (!cells.TryGetValue(score.Cell, out var seeds))
                {
                    cells[score.Cell] = seeds = [];
                }

                if (!seeds.TryAdd(score.Seed, score.Value))
                {
                    throw new ArgumentException(
                        $"'{scores.Key}' has two numbers for cell '{score.Cell}' and seed {score.Seed}. Keep the one that is not "
                            + "superseded.");
                }
            }

            return new Entrant(scores.Key, cells);
        }
    }

    private readonly record struct PairedTest(double Difference, double PValue, double HalfWidth)
    {
        public static PairedTest Of(Entrant first, Entrant second, CounterRandom random, int resamples)
        {
            var differences = first.Cells.Keys.Where(second.Cells.ContainsKey)
                .Select(cell => first.Cells[cell].Keys.Where(second.Cells[cell].ContainsKey)
                    .Select(seed => first.Cells[cell][seed] - second.Cells[cell][seed]).ToArray())
                .Where(cell => cell.Length > 0).ToArray();
            if (differences.Sum(cell => cell.Length) < 2)
            {
                // A single pair has no spread, so nothing can be said.
                return new PairedTest(differences.Length == 0 ? double.NaN : differences[0][0], 1, double.PositiveInfinity);
            }

            var means = new double[resamples];
            for (var r = 0; r < resamples; r++)
            {
                means[r] = ResampledMean(differences, random);
            }

            var difference = differences.Average(cell => cell.Average());
            return new PairedTest(difference, TwoSidedP(means, difference), Interval.OfPercentiles(means, 0.95).Width / 2);
        }

        private static double ResampledMean(double[][] cells, CounterRandom random)
        {
            var total = 0.0;
            for (var c = 0; c < cells.Length; c++)
            {
                var cell = cells.Length == 1 ? cells[0] : cells[random.Next(cells.Length)];
                var sum = 0.0;
                for (var s = 0; s < cell.Length; s++)
                {
                    sum += cell[cell.Length == 1 ? 0 : random.Next(cell.Length)];
                }

                total += sum / cell.Length;
            }

            return total / cells.Length;
        }

        private static double TwoSidedP(double[] means, double difference)
        {
            if (difference == 0)
            {
                return 1;
            }

            var across = means.Count(mean => difference > 0 ? mean <= 0 : mean >= 0);
            var counted = Math.Min(1, 2.0 * (across + 1) / (means.Length + 1));
            if (across >= CountedTail)
            {
                return counted;
            }

            var error = StudentT.StandardDeviation(means);
            return error == 0 ? 0 : Math.Min(counted, 2 * SpecialFunctions.NormalUpperTail(Math.Abs(difference) / error));
        }
    }
}
