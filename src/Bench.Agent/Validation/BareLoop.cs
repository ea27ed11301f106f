using System.Diagnostics;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Analysis;

namespace Bench.Agent.Validation;

/// <summary>
/// The loop of multiply-adds in registers (<see cref="MultiplyAddLoop"/>): no memory, no library, no allocation. How far its own times lie apart is what the machine does to any
/// measurement, and no method can agree with itself better than that.
/// </summary>
internal static class BareLoop
{
    private const double Seconds = 0.3;
    private const int ShortRounds = 13_000;
    private const int LongRounds = 3_300_000;

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
        MultiplyAddLoop.Pass(rounds);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
