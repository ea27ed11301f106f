using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Bench.Suites.Harness;

/// <summary>
/// Tells whether another hardware thread works on this core right now: a virtual machine's neighbour, whom no load average and no stolen time shows.
/// A loop of independent additions takes every issue slot that the core has; beside it a chain of dependent ones needs a single slot a cycle. Their
/// ratio is a constant of the core, whatever its clock, until somebody else takes slots.
/// </summary>
/// <remarks>
/// Some 3 µs. On a two-core virtual machine nine of ten probes of a mostly quiet spell lay within 1 % of each other, and those beside a neighbour 14–90 %
/// above them (<c>docs/decisions/0009-samples-of-a-shared-core-are-repeated.md</c>).
/// </remarks>
public sealed class CoreProbe
{
    /// <summary>A core is shared when the ratio is this many times that of the quiet core.</summary>
    public const double SharedFrom = 1.1;

    /// <summary>Fact of a result: ratio of the quiet core.</summary>
    public const string Fact = "quietCoreRatio";

    private const int WideRounds = 1_000;
    private const int ChainRounds = 200;
    private const int WarmTurns = 3;
    private const int WarmRounds = 16;
    private const int FirstProbes = 200;

    /// <summary>This share of the lowest ratios is left to chance: a chain that the system interrupts makes a ratio that means nothing.</summary>
    private const double Outliers = 0.02;

    private const int BinsOfOne = 100;

    // Somewhere for the sums to go: loops whose result nobody wants would be left out.
    private static long _sink;

    private readonly int[] _bins = new int[20 * BinsOfOne];
    private readonly Func<double> _ratio;
    private int _probes;
    private double _known;

    /// <summary>Takes the first probes.</summary>
    /// <param name="known">Ratio of the quiet core as other processes found it, or null: a neighbour may stay for as long as a process lives.</param>
    public CoreProbe(double? known = null)
        : this(Ratio, known)
    {
    }

    /// <summary>The same with another reading of the ratio.</summary>
    internal CoreProbe(Func<double> ratio, double? known = null)
    {
        (_ratio, _known) = (ratio, known ?? double.PositiveInfinity);
        for (var i = 0; i < FirstProbes; i++)
        {
            IsShared();
        }
    }

    /// <summary>Ratio of the quiet core: the lowest that is not chance.</summary>
    public double Quiet
    {
        get
        {
            var (bin, below) = (0, _bins[0]);
            while (below <= Outliers * _probes)
            {
                below += _bins[++bin];
            }

            return Math.Min(_known, (bin + 0.5) / BinsOfOne);
        }
    }

    /// <summary>Takes a probe.</summary>
    public bool IsShared()
    {
        var ratio = _ratio();
        _bins[Math.Min(_bins.Length - 1, (int)(ratio * BinsOfOne))]++;
        _probes++;
        return ratio > SharedFrom * Quiet;
    }

    /// <summary>Takes over what another process found.</summary>
    public void Learn(double quiet) => _known = Math.Min(_known, quiet);

    /// <summary>
    /// The ratio, after a few short turns of the same code: in the first ones after a long pass something still costs 120 ns, a tenth of a loop, and would look
    /// like a neighbour (or, in the chain, like a quiet core).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Ratio()
    {
        for (var turn = 0; turn < WarmTurns; turn++)
        {
            Turn(WarmRounds, WarmRounds);
        }

        return Turn(WideRounds, ChainRounds);
    }

    /// <summary>Time of the wide loop over that of the chain, the better of one before and one after it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static double Turn(int wideRounds, int chainRounds)
    {
        var start = Stopwatch.GetTimestamp();
        var sum = Chain(chainRounds, start);
        var between = Stopwatch.GetTimestamp();
        sum += Wide(wideRounds, start);
        var after = Stopwatch.GetTimestamp();
        sum += Chain(chainRounds, start);
        var end = Stopwatch.GetTimestamp();
        _sink = sum;
        return (double)(after - between) / Math.Max(1, Math.Min(between - start, end - after));
    }

    /// <summary>Eight chains of two operations a round: more than any core issues in a cycle.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static long Wide(int rounds, long k)
    {
        long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
        for (; rounds > 0; rounds--)
        {
            a += k;
            b ^= k;
            c += k;
            d ^= k;
            e += k;
            f ^= k;
            g += k;
            h ^= k;
            a ^= rounds;
            b += k;
            c ^= k;
            d += k;
            e ^= k;
            f += k;
            g ^= k;
            h += k;
        }

        return a + b + c + d + e + f + g + h;
    }

    /// <summary>One chain of eight operations a round.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static long Chain(int rounds, long k)
    {
        long a = 1;
        for (; rounds > 0; rounds--)
        {
            a += k;
            a ^= rounds;
            a += k;
            a ^= rounds;
            a += k;
            a ^= rounds;
            a += k;
            a ^= rounds;
        }

        return a;
    }
}
