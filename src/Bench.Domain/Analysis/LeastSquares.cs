namespace Bench.Domain.Analysis;

/// <summary>A straight line through points.</summary>
/// <param name="Slope">Change of y per unit of x.</param>
/// <param name="Intercept">y at x = 0.</param>
/// <param name="RSquared">Share of the variance of y that the line explains; 1 when y is constant and met exactly.</param>
public readonly record struct LineFit(double Slope, double Intercept, double RSquared);

/// <summary>A parabola A·x² + B·x + C through points.</summary>
/// <param name="A">Coefficient of x².</param>
/// <param name="B">Coefficient of x.</param>
/// <param name="C">y at x = 0.</param>
public readonly record struct QuadraticFit(double A, double B, double C);

/// <summary>Least-squares fits of cost against length.</summary>
public static class LeastSquares
{
    /// <summary>The line that minimises squared distance in y; needs two different x.</summary>
    public static LineFit Line(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ThrowIfTooFew(x, 2);
        var (meanX, meanY) = (x.Average(), y.Average());
        double xx = 0, xy = 0, yy = 0;
        for (var i = 0; i < x.Count; i++)
        {
            var (dx, dy) = (x[i] - meanX, y[i] - meanY);
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }

        var slope = xy / xx;
        return new LineFit(slope, meanY - (slope * meanX), yy == 0 ? 1 : xy * xy / (xx * yy));
    }

    /// <summary>The parabola that minimises squared distance in y; needs three different x.</summary>
    public static QuadraticFit Quadratic(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ThrowIfTooFew(x, 3);
        // Polynomials that are orthogonal over the given x keep the normal equations diagonal: no loss at lengths of 8192² and more.
        var mean = x.Average();
        var linear = x.Select(value => value - mean).ToArray();
        var slopes = linear.Sum(value => value * value);
        var shift = linear.Sum(value => value * value * value) / slopes;
        var constant = slopes / x.Count;
        var square = linear.Select(value => (value * value) - (shift * value) - constant).ToArray();
        var c0 = y.Average();
        var c1 = linear.Zip(y, (p, value) => p * value).Sum() / slopes;
        var c2 = square.Zip(y, (p, value) => p * value).Sum() / square.Sum(value => value * value);

        // c0 + c1·u + c2·(u² − shift·u − constant) with u = x − mean, written in powers of x.
        var inner = c1 - (c2 * shift);
        return new QuadraticFit(c2, inner - (2 * c2 * mean), c0 - (c2 * constant) - (inner * mean) + (c2 * mean * mean));
    }

    private static void ThrowIfTooFew(IReadOnlyList<double> x, int needed)
    {
        var different = x.Distinct().Count();
        if (different < needed)
        {
            throw new ArgumentException($"A fit of {needed} coefficients needs {needed} different lengths; there are {different}.", nameof(x));
        }
    }
}
