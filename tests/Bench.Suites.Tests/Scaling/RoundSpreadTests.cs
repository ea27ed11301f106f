using Bench.Suites.Scaling;

namespace Bench.Suites.Tests.Scaling;

public sealed class RoundSpreadTests
{
    [Fact]
    public void Rounds_on_a_slower_machine_move_nothing() =>
        // Four of nine rounds take 1.4 times as long: the medians of the series themselves would lie on either side of the step.
        Assert.Equal(0.05, RoundSpread.Of([Series(1, 5), Series(1.05, 5), Series(1.02, 4)]), 3);

    [Fact]
    public void A_difference_in_every_round_is_found() => Assert.Equal(0.4, RoundSpread.Of([Series(1, 9), Series(1.4, 9)]), 9);

    [Fact]
    public void One_disturbed_round_of_one_series_moves_nothing() =>
        Assert.Equal(1, RoundSpread.Of([[1, 1, 1, 1, 1], [2, 2, 5, 2, 2]]), 9);

    private static double[] Series(double cost, int quiet) =>
        [.. Enumerable.Range(0, 9).Select(round => cost * (round < quiet ? 1 : 1.4))];
}
