namespace Bench.Domain.Analysis;

/// <summary>The few functions of probability theory that the framework does not have, to about twelve digits.</summary>
internal static class SpecialFunctions
{
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>ln Γ(x) for x &gt; 0 (Lanczos, g = 7).</summary>
    public static double LogGamma(double x)
    {
        if (x < 0.5)
        {
            return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        }

        x -= 1;
        var sum = Lanczos[0];
        for (var i = 1; i < Lanczos.Length; i++)
        {
            sum += Lanczos[i] / (x + i);
        }

        var t = x + 7.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x + 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }

    /// <summary>ln C(n, k).</summary>
    public static double LogChoose(int n, int k) => LogGamma(n + 1) - LogGamma(k + 1) - LogGamma(n - k + 1);

    /// <summary>The regularised incomplete beta function I_x(a, b), by its continued fraction.</summary>
    public static double IncompleteBeta(double a, double b, double x)
    {
        if (x <= 0)
        {
            return 0;
        }

        if (x >= 1)
        {
            return 1;
        }

        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x)));
        // The fraction converges fast on the side of the mean only; the other side follows by symmetry.
        return x < (a + 1) / (a + b + 2) ? front * BetaFraction(a, b, x) / a : 1 - (front * BetaFraction(b, a, 1 - x) / b);
    }

    /// <summary>P(Z ≤ z) for a standard normal Z.</summary>
    public static double NormalCdf(double z) => z < 0 ? NormalUpperTail(-z) : 1 - NormalUpperTail(z);

    /// <summary>P(Z &gt; z) for z ≥ 0, accurate also far out.</summary>
    public static double NormalUpperTail(double z)
    {
        if (z < 3)
        {
            // Series of the central area (Marsaglia, 2004): z + z³/3 + z⁵/15 + …
            double term = z, sum = z;
            for (var i = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum) && i < 500; i++)
            {
                term *= z * z / ((2 * i) + 1);
                sum += term;
            }

            return 0.5 - (sum * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI));
        }

        // Continued fraction of Mills' ratio, evaluated backwards.
        var fraction = z;
        for (var i = 200; i >= 1; i--)
        {
            fraction = z + (i / fraction);
        }

        return Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) / fraction;
    }

    /// <summary>The z with P(Z ≤ z) = p, by bisection on the distribution function.</summary>
    public static double NormalQuantile(double p) => Bisect(NormalCdf, p, -40, 40);

    /// <summary>The point where an increasing function reaches a value; the bracket must contain it.</summary>
    public static double Bisect(Func<double, double> increasing, double target, double low, double high)
    {
        for (var i = 0; i < 200 && high - low > 1e-14 * Math.Max(1, Math.Abs(low)); i++)
        {
            var middle = (low + high) / 2;
            if (increasing(middle) < target)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return (low + high) / 2;
    }

    private static double BetaFraction(double a, double b, double x)
    {
        const double Tiny = 1e-300;
        double c = 1, d = 1 / NotZero(1 - ((a + b) * x / (a + 1))), result = d;
        for (var m = 1; m <= 10_000; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / NotZero(1 + (even * d));
            c = NotZero(1 + (even / c));
            result *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / NotZero(1 + (odd * d));
            c = NotZero(1 + (odd / c));
            result *= d * c;
            if (Math.Abs((d * c) - 1) < 1e-15)
            {
                break;
            }
        }

        return result;

        static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
    }
}
