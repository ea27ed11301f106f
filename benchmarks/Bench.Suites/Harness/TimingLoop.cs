using System.Diagnostics;
using Bench.Domain.Analysis;

namespace Bench.Suites.Harness;

/// <summary>What a timing loop found.</summary>
/// <param name="Milliseconds">One number a sample, in the order in which they were taken.</param>
/// <param name="CallsPerSample">Passes in each sample; more than one only where a pass is too short for the clock.</param>
/// <param name="WarmUpPasses">Untimed passes before the first sample.</param>
/// <param name="WarmUpSeconds">Their wall time.</param>
/// <param name="MeasureSeconds">Wall time of all samples, overhead between them included.</param>
/// <param name="OverheadMicroseconds">What the harness itself costs a repetition: the median of the times off the clock from one sample to the
/// next. Their mean would count what the system did to the process meanwhile.</param>
/// <param name="CpuShare">CPU time of the process divided by wall time over the timed passes; far from the thread count means a busy machine
/// or work outside the clock.</param>
/// <param name="Interrupted">Samples during which the system gave the processor to others for more than a tenth of the time.</param>
/// <param name="Shared">Further samples before or after which another hardware thread worked on the core.</param>
/// <param name="DisturbedKept">Whether interrupted and shared samples are among the samples, because too few others came in.</param>
/// <param name="QuietCore">Ratio of the quiet core as <see cref="CoreProbe"/> knew it in the end; 0 where nobody looked.</param>
public sealed record TimingResult(
    IReadOnlyList<double> Milliseconds,
    int CallsPerSample,
    int WarmUpPasses,
    double WarmUpSeconds,
    double MeasureSeconds,
    double OverheadMicroseconds,
    double CpuShare,
    int Interrupted,
    int Shared,
    bool DisturbedKept,
    double QuietCore);

/// <summary>Protocol <c>measured/v1</c>: warm up until steady, then sample until the interval is narrow or the budget is spent.</summary>
/// <remarks>Written out in <c>docs/methodology.md</c>.</remarks>
public static class TimingLoop
{
    /// <summary>Name and version, stored with every sample.</summary>
    public const string Protocol = "measured/v1";

    private const int LeastWarmUps = 3;
    private const int WarmUpWindow = 5;
    private const double SteadyWithin = 0.02;

    /// <summary>A sample shorter than this holds several passes: the clock and the dispose scope would show otherwise.</summary>
    private const double LeastSampleMilliseconds = 0.2;

    /// <summary>A sample with less processor time than this share of its wall time was interrupted.</summary>
    private const double LeastCpuShare = 0.9;

    private const int LeastBetweenLooks = 4;

    /// <summary>The interval is looked at each time the samples have grown by one part in this many.</summary>
    private const int LooksGrowth = 16;

    /// <summary>Fewer undisturbed samples than this do not stand for a process.</summary>
    private const int LeastSamples = 3;

    /// <summary>Seconds beyond the budget that wait for a neighbour to leave the core: they stay for 50 ms to some seconds.</summary>
    private const double Patience = 4;

    /// <summary>Times a pass.</summary>
    /// <param name="pass">Runs the work with the inputs of this index and waits for the device. Its time counts.</param>
    /// <param name="between">Runs after each sample, off the clock: checks and frees the results.</param>
    /// <param name="budget">Sample counts and limits.</param>
    /// <param name="core">
    /// Looks at the core before and after every sample, where a pass keeps one processor busy from begin to end; null on GPUs and with several
    /// threads. Samples from which the system took the processor, or whose core was shared, are then repeated.
    /// </param>
    /// <param name="before">Milliseconds of passes of the same kind that ran just before and count as the first of the warm-up.</param>
    public static TimingResult Measure(
        Action<int> pass, Action between, Budget budget, CoreProbe? core = null, IReadOnlyList<double>? before = null) =>
        Measure(pass, between, budget, core, ProcessorClock.Seconds, before);

    /// <summary>The same with another reading of the processor time, in seconds.</summary>
    internal static TimingResult Measure(
        Action<int> pass, Action between, Budget budget, CoreProbe? core, Func<double> processorSeconds, IReadOnlyList<double>? before = null)
    {
        var call = 0;
        List<double> times = [.. before ?? []];
        var warmUpSeconds = times.Sum() / 1000;
        var warmUp = Stopwatch.StartNew();
        while (times.Count == 0
            || (!IsSteady(times) && warmUpSeconds + warmUp.Elapsed.TotalSeconds < Math.Max(budget.MinSeconds, budget.MaxSeconds / 4)))
        {
            times.Add(One(pass, 1, ref call, processorSeconds).Milliseconds);
            between();
            core?.IsShared();
        }

        warmUpSeconds += warmUp.Elapsed.TotalSeconds;
        var typical = Quantiles.Median([.. times.TakeLast(WarmUpWindow)]);
        // Passes one after another in a sample would warm the cache for each other.
        var calls = budget.ColdCache ? 1 : (int)Math.Clamp(Math.Ceiling(LeastSampleMilliseconds / Math.Max(typical, 1e-6)), 1, 10_000);
        Rehearse(times);
        var samples = new Samples(budget, core is not null);
        var (interrupted, shared) = (0, 0);
        var cpuBefore = processorSeconds();
        var wall = Stopwatch.StartNew();
        var gaps = new List<double>(budget.MinSamples);
        var wasShared = core?.IsShared() ?? false;
        var start = Stopwatch.GetTimestamp();
        while (!samples.AreEnough())
        {
            var (milliseconds, cpuShare) = One(pass, calls, ref call, processorSeconds);
            between();
            var isShared = core?.IsShared() ?? false;
            var end = Stopwatch.GetTimestamp();
            gaps.Add(Math.Max(0, Stopwatch.GetElapsedTime(start, end).TotalMilliseconds - (milliseconds * calls)));
            start = end;
            var wasInterrupted = core is not null && cpuShare < LeastCpuShare;
            interrupted += wasInterrupted ? 1 : 0;
            shared += !wasInterrupted && (wasShared || isShared) ? 1 : 0;
            samples.Add(milliseconds, calls, isWhole: !wasInterrupted && !wasShared && !isShared);
            wasShared = isShared;
        }

        wall.Stop();
        var cpu = processorSeconds() - cpuBefore;
        return new TimingResult(
            samples.Kept, calls, times.Count, warmUpSeconds, wall.Elapsed.TotalSeconds,
            Quantiles.Median(gaps) * 1000 / calls, cpu / wall.Elapsed.TotalSeconds,
            interrupted, shared, samples.KeepsAll && interrupted + shared > 0, core?.Quiet ?? 0);
    }

    /// <summary>
    /// Whether warm-up is over: at least three passes, and the median of the newest five is within 2 % of the median of the five before
    /// or above it (a pass that gets slower again will not get faster by waiting).
    /// </summary>
    public static bool IsSteady(IReadOnlyList<double> milliseconds)
    {
        if (milliseconds.Count < LeastWarmUps || (milliseconds.Count < 2 * WarmUpWindow && milliseconds.Sum() < 1000))
        {
            return false;
        }

        var window = Math.Min(WarmUpWindow, milliseconds.Count / 2);
        var newest = Quantiles.Median([.. milliseconds.TakeLast(window)]);
        var before = Quantiles.Median([.. milliseconds.SkipLast(window).TakeLast(window)]);
        return newest >= before * (1 - SteadyWithin);
    }

    /// <summary>The decision after each sample is compiled on its first calls, which would take longer than many a pass.</summary>
    private static void Rehearse(List<double> times)
    {
        var samples = new Samples(new Budget { MinSamples = 1, MinSeconds = 0, MaxSeconds = double.MaxValue, TargetRelativeError = 0 }, isJudged: true);
        for (var count = 0; count < 100; count++)
        {
            samples.Add(times[count % times.Count], 1, isWhole: true);
            samples.AreEnough();
            ProcessorClock.Seconds();
        }
    }

    private static (double Milliseconds, double CpuShare) One(Action<int> pass, int calls, ref int call, Func<double> processorSeconds)
    {
        var cpu = processorSeconds();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
        {
            pass(call++);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (seconds * 1000 / calls, (processorSeconds() - cpu) / seconds);
    }

    /// <summary>The samples of a process, and whether there are enough of them.</summary>
    private sealed class Samples(Budget budget, bool isJudged)
    {
        private readonly List<double> _all = new(budget.MinSamples);
        private readonly List<double> _whole = new(budget.MinSamples);
        private double _seconds;
        private double _wholeSeconds;
        private int _withinBudget;
        private int _look;

        /// <summary>Whether too few undisturbed samples came in to leave the others out.</summary>
        public bool KeepsAll => _whole.Count < Math.Min(LeastSamples, _all.Count);

        /// <summary>What stands for the process.</summary>
        public IReadOnlyList<double> Kept => KeepsAll ? _all : _whole;

        /// <summary>Adds a sample of several calls.</summary>
        public void Add(double milliseconds, int calls, bool isWhole)
        {
            var seconds = milliseconds * calls / 1000;
            _seconds += seconds;
            _all.Add(milliseconds);
            if (isWhole)
            {
                _wholeSeconds += seconds;
                _whole.Add(milliseconds);
            }
        }

        /// <summary>
        /// Whether sampling may end. The interval is looked at only when the samples have grown by a part: sorting after every sample would cost
        /// more than short passes do.
        /// </summary>
        public bool AreEnough()
        {
            if (_all.Count == 0 || _seconds < budget.MaxSeconds)
            {
                return AreGood();
            }

            // The budget is spent; what it would have held on a quiet core is worth some patience.
            _withinBudget = _withinBudget == 0 ? _all.Count : _withinBudget;
            return !isJudged || _whole.Count >= Math.Min(budget.MinSamples, _withinBudget) || _seconds >= budget.MaxSeconds + Patience;
        }

        private bool AreGood()
        {
            if (_whole.Count < Math.Max(_look, budget.MinSamples) || _wholeSeconds < budget.MinSeconds)
            {
                return false;
            }

            _look = _whole.Count + Math.Max(LeastBetweenLooks, _whole.Count / LooksGrowth);
            return MedianInterval.OrderStatistic(_whole).RelativeHalfWidth <= budget.TargetRelativeError;
        }
    }
}
