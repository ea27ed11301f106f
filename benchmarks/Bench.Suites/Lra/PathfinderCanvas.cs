using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>Where a contour begins, how far it has come, and the mask of its newest paddle, which does not yet block.</summary>
internal sealed class PathfinderContour
{
    public required (double X, double Y) Tip { get; init; }

    public required (double X, double Y) Head { get; set; }

    public required (double X, double Y) Pivot { get; set; }

    public required double Orientation { get; set; }

    public required IReadOnlyList<(int Index, double Cover)> NewestMask { get; set; }
}

/// <summary>One picture while it is drawn.</summary>
internal sealed class PathfinderCanvas(PathfinderOptions options, int margin, CounterRandom random)
{
    private const int Samples = 4;
    private const double Collision = 1.8;
    private const double HalfDiagonal = 0.7072;
    private readonly int _size = options.Size;
    private readonly double[] _layers = new double[options.Size * options.Size];
    private readonly double[] _mask = new double[options.Size * options.Size];

    private double Step => options.PaddleLength + margin;

    /// <summary>Both long contours, or null when they do not fit.</summary>
    public PathfinderContour[]? DrawTargets()
    {
        var border = Math.Min(2 * (int)options.SeedDistance, (_size / 2) - 2);
        var tip = ((double)random.Next(border, _size - border), (double)random.Next(border, _size - border));
        var direction = random.NextDouble() * 2 * Math.PI;
        var second = (Math.Round(tip.Item1 + (options.SeedDistance * Math.Cos(direction))), Math.Round(tip.Item2 + (options.SeedDistance * Math.Sin(direction))));
        if (Seed(tip) is not { } first || Seed(second) is not { } other)
        {
            return null;
        }

        PathfinderContour[] contours = [first, other];
        for (var paddle = 1; paddle < options.ContourLength; paddle++)
        {
            if (!contours.All(Extend))
            {
                return null;
            }
        }

        foreach (var contour in contours)
        {
            Block(contour.NewestMask);
        }

        return contours;
    }

    /// <summary>As many distractors as find room.</summary>
    public void DrawDistractors()
    {
        for (var distractor = 0; distractor < options.Distractors; distractor++)
        {
            for (var attempt = 0; attempt < options.DistractorRetries; attempt++)
            {
                double[] layers = [.. _layers], mask = [.. _mask];
                if (DrawDistractor())
                {
                    break;
                }

                layers.CopyTo(_layers, 0);
                mask.CopyTo(_mask, 0);
            }
        }
    }

    /// <summary>A filled disc.</summary>
    public void DrawMarker((double X, double Y) centre)
    {
        foreach (var (index, cover) in Capsule(centre, centre, options.MarkerRadius))
        {
            _layers[index] = Math.Max(_layers[index], cover);
        }
    }

    /// <summary>The picture with the brightest point at 255.</summary>
    public PathfinderImage Image()
    {
        var brightest = _layers.Max();
        return new PathfinderImage(_size, [.. _layers.Select(level => (float)Math.Round(255 * level / brightest))]);
    }

    private bool DrawDistractor()
    {
        var border = options.Padding + (int)Math.Ceiling(options.PaddleLength);
        if (Seed((random.Next(border, _size - border), random.Next(border, _size - border))) is not { } contour)
        {
            return false;
        }

        for (var paddle = 1; paddle < options.DistractorLength; paddle++)
        {
            if (!Extend(contour))
            {
                return false;
            }
        }

        Block(contour.NewestMask);
        return true;
    }

    private PathfinderContour? Seed((double X, double Y) tip)
    {
        var orientation = random.Next(360) * Math.PI / 180;
        var head = Along(tip, orientation, options.PaddleLength);
        var pivot = Along(tip, orientation, -margin);
        var mask = PaddleMask(tip, head);
        if (!IsInside(tip) || !IsInside(head) || !IsInside(pivot) || Collides(mask))
        {
            return null;
        }

        Draw(tip, head);
        return new PathfinderContour { Tip = tip, Head = head, Pivot = pivot, Orientation = orientation, NewestMask = mask };
    }

    /// <summary>Adds one paddle behind a gap of twice the margin; gentle turns are likelier than sharp ones.</summary>
    private bool Extend(PathfinderContour contour)
    {
        var pivot = Along(contour.Pivot, contour.Orientation, options.PaddleLength + (2 * margin));
        var (cells, weights) = Ring(pivot, contour.Orientation);
        while (weights.Sum() > 1e-4)
        {
            var choice = random.Weighted(weights);
            var head = cells[choice];
            var orientation = Math.Atan2(head.Y - pivot.Y, head.X - pivot.X);
            var tail = Along(head, orientation, -options.PaddleLength);
            var mask = PaddleMask(tail, head);
            if (IsInside(tail) && !Collides(mask))
            {
                Draw(tail, head);
                Block(contour.NewestMask);
                (contour.Head, contour.Pivot, contour.Orientation, contour.NewestMask) = (head, pivot, orientation, mask);
                return true;
            }

            // Where the paddle itself would not fit, the cell is out; the others keep their proportions.
            weights[choice] = 0;
        }

        return false;
    }

    /// <summary>Cells at the distance of the next head, with cos² of the straightened turn where nothing is in the way.</summary>
    private ((double X, double Y)[] Cells, double[] Weights) Ring((double X, double Y) pivot, double orientation)
    {
        var count = (int)Math.Ceiling(2 * Math.PI * Step);
        var cells = Enumerable.Range(0, count)
            .Select(i => Along(pivot, 2 * Math.PI * i / count, Step))
            .Select(cell => (X: Math.Round(cell.X), Y: Math.Round(cell.Y))).Distinct().Where(IsInside).ToArray();
        var weights = cells.Select(cell =>
        {
            var turn = Math.Abs(Math.IEEERemainder(Math.Atan2(cell.Y - pivot.Y, cell.X - pivot.X) - orientation, 2 * Math.PI));
            var straightened = Math.Min(options.Continuity * turn, Math.PI / 2);
            return Math.Pow(Math.Cos(straightened), 2) * Math.Max(0, 1 - _mask[((int)cell.Y * _size) + (int)cell.X]);
        }).ToArray();
        return (cells, weights);
    }

    private void Draw((double X, double Y) tail, (double X, double Y) head)
    {
        foreach (var (index, cover) in Capsule(tail, head, options.PaddleThickness / 2))
        {
            _layers[index] = Math.Max(_layers[index], options.Contrast * cover);
        }
    }

    private List<(int Index, double Cover)> PaddleMask((double X, double Y) tail, (double X, double Y) head) =>
        Capsule(tail, head, (options.PaddleThickness / 2) + margin);

    private bool Collides(List<(int Index, double Cover)> mask) => mask.Any(cell => _mask[cell.Index] + cell.Cover >= Collision);

    private void Block(IReadOnlyList<(int Index, double Cover)> mask)
    {
        foreach (var (index, cover) in mask)
        {
            _mask[index] = Math.Max(_mask[index], cover);
        }
    }

    /// <summary>Pixels within a distance of a line, with the share of each that is covered.</summary>
    private List<(int Index, double Cover)> Capsule((double X, double Y) a, (double X, double Y) b, double radius)
    {
        var pixels = new List<(int, double)>();
        var (left, right) = ((int)Math.Floor(Math.Min(a.X, b.X) - radius), (int)Math.Ceiling(Math.Max(a.X, b.X) + radius));
        var (top, bottom) = ((int)Math.Floor(Math.Min(a.Y, b.Y) - radius), (int)Math.Ceiling(Math.Max(a.Y, b.Y) + radius));
        for (var y = Math.Max(0, top); y <= Math.Min(_size - 1, bottom); y++)
        {
            for (var x = Math.Max(0, left); x <= Math.Min(_size - 1, right); x++)
            {
                var cover = Cover(x, y, a, b, radius);
                if (cover > 0)
                {
                    pixels.Add(((y * _size) + x, cover));
                }
            }
        }

        return pixels;
    }

    /// <summary>Share of a pixel within a distance of a line; only pixels at the edge are sampled.</summary>
    private static double Cover(int x, int y, (double X, double Y) a, (double X, double Y) b, double radius)
    {
        var centre = Distance((x, y), a, b);
        if (centre > radius + HalfDiagonal)
        {
            return 0;
        }

        if (centre < radius - HalfDiagonal)
        {
            return 1;
        }

        var covered = 0;
        for (var sample = 0; sample < Samples * Samples; sample++)
        {
            var point = (x - 0.5 + (((sample % Samples) + 0.5) / Samples), y - 0.5 + (((sample / Samples) + 0.5) / Samples));
            covered += Distance(point, a, b) <= radius ? 1 : 0;
        }

        return covered / (double)(Samples * Samples);
    }

    private static double Distance((double X, double Y) point, (double X, double Y) a, (double X, double Y) b)
    {
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var square = (dx * dx) + (dy * dy);
        var along = square == 0 ? 0 : Math.Clamp((((point.X - a.X) * dx) + ((point.Y - a.Y) * dy)) / square, 0, 1);
        var (x, y) = (point.X - a.X - (along * dx), point.Y - a.Y - (along * dy));
        return Math.Sqrt((x * x) + (y * y));
    }

    private static (double X, double Y) Along((double X, double Y) from, double orientation, double distance) =>
        (from.X + (distance * Math.Cos(orientation)), from.Y + (distance * Math.Sin(orientation)));

    private bool IsInside((double X, double Y) point) =>
        point.X >= options.Padding && point.Y >= options.Padding && point.X < _size - options.Padding && point.Y < _size - options.Padding;
}
