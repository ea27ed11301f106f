using Bench.Domain.Randomness;
using Bench.Suites.Cab.Metrics;

namespace Bench.Suites.Tests.Cab.Metrics;

public sealed class DynamicTimeWarpingTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(4, 1)]
    [InlineData(3, 5)]
    [InlineData(5, 4)]
    public void The_cost_is_the_least_of_all_paths_and_the_path_has_it(int rows, int columns)
    {
        var random = new CounterRandom(rows, columns);
        var distance = new double[rows, columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                distance[i, j] = random.NextDouble();
            }
        }

        var (cost, path) = DynamicTimeWarping.Align(distance);

        Assert.Equal(Least(distance, 0, 0), cost, 12);
        Assert.Equal(cost, path.Sum(pair => distance[pair.Row, pair.Column]), 12);
        Assert.Equal((0, 0), path[0]);
        Assert.Equal((rows - 1, columns - 1), path[^1]);
        Assert.All(path.Zip(path.Skip(1)), pair => Assert.Contains(
            (pair.Second.Row - pair.First.Row, pair.Second.Column - pair.First.Column), new[] { (0, 1), (1, 0), (1, 1) }));
    }

    [Fact]
    public void Among_equal_steps_left_comes_before_diagonal_and_diagonal_before_up()
    {
        Assert.Equal([(0, 0), (1, 0), (1, 1)], DynamicTimeWarping.Align(new double[2, 2]).Path);
        // Left is dearer, diagonal and up are equal.
        Assert.Equal([(0, 0), (1, 1)], DynamicTimeWarping.Align(new double[,] { { 0, 0 }, { 1, 0 } }).Path);
    }

    [Fact]
    public void Empty_sequences_are_refused() => Assert.Throws<ArgumentException>(() => DynamicTimeWarping.Align(new double[0, 3]));

    /// <summary>Tries every path.</summary>
    private static double Least(double[,] distance, int i, int j)
    {
        var (rows, columns) = (distance.GetLength(0), distance.GetLength(1));
        if (i == rows - 1 && j == columns - 1)
        {
            return distance[i, j];
        }

        var rest = new[] { (i + 1, j), (i, j + 1), (i + 1, j + 1) }.Where(next => next.Item1 < rows && next.Item2 < columns);
        return distance[i, j] + rest.Min(next => Least(distance, next.Item1, next.Item2));
    }
}
