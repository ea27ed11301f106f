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
    private const int ShortRounds = 20_000;
    private const int LongRounds = 5_000_000;

    /// <summary>Median milliseconds of passes of some ten microseconds, over as long as a cell of <c>quick</c> is sampled.</summary>
    public static double Median()
    {
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < Seconds)
        {
            times.Add(Milliseconds(ShortRounds));
        }

        return Quantiles.Median(times);
    }

    /// <summary>Milliseconds of passes of about ten, one after another.</summary>
    public static double[] Samples(int count) => [.. Enumerable.Range(0, count).Select(_ => Milliseconds(LongRounds))];

    private static double Milliseconds(int rounds)
    {
        var start = Stopwatch.GetTimestamp();
        Pass(rounds);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Enough independent chains to keep the multipliers busy: a single chain would not feel a neighbour on the same core.</summary>
    private static void Pass(int rounds)
    {
        var (a, b, c, d) = (Vector<float>.One, Vector<float>.One, Vector<float>.One, Vector<float>.One);
        var (e, f, g, h) = (a, b, c, d);
        var (factor, term) = (new Vector<float>(0.999f), new Vector<float>(0.1f));
        for (var round = 0; round < rounds; round++)
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
