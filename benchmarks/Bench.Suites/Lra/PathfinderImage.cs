namespace Bench.Suites.Lra;

/// <summary>A square grey image, 0 … 255, row by row.</summary>
/// <param name="Size">W: pixels per side.</param>
/// <param name="Pixels">Grey levels [W·W].</param>
public sealed record PathfinderImage(int Size, float[] Pixels)
{
    private const float MarkerBrightness = 200;
    private const float InkBrightness = 40;

    /// <summary>Share of pixels above a quarter of full brightness.</summary>
    public double InkShare => Pixels.Count(pixel => pixel > 64) / (double)Pixels.Length;

    /// <summary>
    /// Centres of the filled discs: blocks that fit into a disc and are bright all over, which lines never are.
    /// </summary>
    /// <param name="radius">Radius of a disc in pixels.</param>
    public IReadOnlyList<(int Row, int Column)> Markers(double radius)
    {
        var side = Math.Max(2, (int)((2 * radius) - 1));
        var blocks = from row in Enumerable.Range(0, Size - side + 1)
                     from column in Enumerable.Range(0, Size - side + 1)
                     let mean = Mean(row, column, side)
                     where mean >= MarkerBrightness
                     orderby mean descending
                     select (row, column);
        var found = new List<(int Row, int Column)>();
        foreach (var (row, column) in blocks)
        {
            if (found.All(other => Math.Max(Math.Abs(other.Row - row), Math.Abs(other.Column - column)) >= side))
            {
                found.Add((row, column));
            }
        }

        return [.. found.Select(block => (block.Row + (side / 2), block.Column + (side / 2)))];
    }

    /// <summary>Whether one can get from one pixel to the other over ink with steps of at most this distance.</summary>
    public bool AreConnected((int Row, int Column) from, (int Row, int Column) to, double step)
    {
        var (reach, seen, queue) = ((int)Math.Ceiling(step), new bool[Pixels.Length], new Queue<(int Row, int Column)>([from]));
        seen[(from.Row * Size) + from.Column] = true;
        while (queue.TryDequeue(out var at))
        {
            if (at == to)
            {
                return true;
            }

            for (var row = Math.Max(0, at.Row - reach); row <= Math.Min(Size - 1, at.Row + reach); row++)
            {
                for (var column = Math.Max(0, at.Column - reach); column <= Math.Min(Size - 1, at.Column + reach); column++)
                {
                    var (dy, dx, index) = (row - at.Row, column - at.Column, (row * Size) + column);
                    if (!seen[index] && Pixels[index] > InkBrightness && (dx * dx) + (dy * dy) <= step * step)
                    {
                        seen[index] = true;
                        queue.Enqueue((row, column));
                    }
                }
            }
        }

        return false;
    }

    private double Mean(int row, int column, int side)
    {
        var sum = 0.0;
        for (var i = row; i < row + side; i++)
        {
            for (var j = column; j < column + side; j++)
            {
                sum += Pixels[(i * Size) + j];
            }
        }

        return sum / (side * side);
    }
}
