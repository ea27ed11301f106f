namespace Bench.Suites.Cab.Metrics;

/// <summary>The cheapest monotone alignment of two sequences, without any constraint on its slope or band.</summary>
/// <remarks>
/// Steps go left, diagonally or up; among equally cheap ones left comes first, then diagonal. That order decides the path, not its cost. As in fairseq's
/// text-to-speech task, which CAB's distortions use.
/// </remarks>
public static class DynamicTimeWarping
{
    /// <summary>Cost and path of the alignment.</summary>
    /// <param name="distance">Distances of all pairs <c>[M, N]</c>.</param>
    /// <returns>The sum of distances along the path, and its pairs from (0, 0) to (M − 1, N − 1).</returns>
    /// <exception cref="ArgumentException">A sequence is empty.</exception>
    public static (double Cost, IReadOnlyList<(int Row, int Column)> Path) Align(double[,] distance)
    {
        var (rows, columns) = (distance.GetLength(0), distance.GetLength(1));
        if (rows == 0 || columns == 0)
        {
            throw new ArgumentException($"The distances are {rows}×{columns}; both sequences need a frame at least.", nameof(distance));
        }

        var cost = new double[rows, columns];
        var move = new Move[rows, columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                (move[i, j], var before) = Cheapest(cost, i, j);
                cost[i, j] = before + distance[i, j];
            }
        }

        var path = new List<(int, int)> { (rows - 1, columns - 1) };
        for (var (i, j) = (rows - 1, columns - 1); i > 0 || j > 0; path.Add((i, j)))
        {
            (i, j) = move[i, j] switch
            {
                Move.Left => (i, j - 1),
                Move.Diagonal => (i - 1, j - 1),
                _ => (i - 1, j),
            };
        }

        path.Reverse();
        return (cost[rows - 1, columns - 1], path);
    }

    private static (Move Move, double Cost) Cheapest(double[,] cost, int i, int j)
    {
        if (i == 0 || j == 0)
        {
            return i > 0 ? (Move.Up, cost[i - 1, j]) : (Move.Left, j > 0 ? cost[i, j - 1] : 0);
        }

        var best = (Move.Left, cost[i, j - 1]);
        if (cost[i - 1, j - 1] < best.Item2)
        {
            best = (Move.Diagonal, cost[i - 1, j - 1]);
        }

        return cost[i - 1, j] < best.Item2 ? (Move.Up, cost[i - 1, j]) : best;
    }

    private enum Move
    {
        Left,
        Diagonal,
        Up,
    }
}
