using System.Diagnostics;
using System.Numerics;
using Bench.Domain.Analysis;

namespace Bench.Agent.Validation;

/// <summary>
/// A loop of multiply-adds in registers: no memory, no library, no allocation. How far its own times lie apart is what the machine does to any
/// measurement, and no method can agree with itself better than that.
/// </summary>
internal static class BareLoop
{
    private const double Seconds = 0.3;
    private const int Rounds = 20_000;

    /// <summary>Median milliseconds of passes of some hundred microseconds, over as long as a cell of <c>quick</c> is sampled.</summary>
    public static double Median()
    {
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < Seconds)
        {
            var start = Stopwatch.GetTimestamp();
            Pass();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Quantiles.Median(times);
    }

    /// <summary>Enough independent chains to keep the multipliers busy: a single chain would not feel a neighbour on the same core.</summary>
    private static void Pass()
    {
        var (a, b, c, d) = (Vector<float>.One, Vector<float>.One, Vector<float>.One, Vector<float>.One);
        var (e, f, g, h) = (a, b, c, d);
        var (factor, term) = (new Vector<float>(0.999f), new Vector<float>(0.1f));
        for (var round = 0; round < Rounds; round++)
        {
            a = Vector.FusedMultiplyAdd(a, factor, term);
            b = Vector.FusedMultiplyAdd(b, factor, term);
            c = Vector.FusedMultiplyAdd(c, factor, term);
            d = Vector.FusedMultiplyAdd(d, factor, term);
            e = Vector.FusedMultiplyAdd(e, factor, term);
            f = Vector.FusedMultiplyAdd(f, factor, term);
            g = Vector.FusedMultiplyAdd(g, factor, term);
            h = Vector.FusedMultiplyAdd(h, factor, term);
        }

        GC.KeepAlive(Vector.Sum(a + b + c + d + e + f + g + h));
    }
}
