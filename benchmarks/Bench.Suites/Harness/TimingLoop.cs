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
/// <param name="InterruptedKept">Whether those are among the samples, because too few others came in within the budget.</param>
public sealed record TimingResult(
    IReadOnlyList<double> Milliseconds,
    int CallsPerSample,
    int WarmUpPasses,
    double WarmUpSeconds,
    double MeasureSeconds,
    double OverheadMicroseconds,
    double CpuShare,
    int Interrupted,
    bool InterruptedKept);

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

    /// <summary>Fewer uninterrupted samples than this do not stand for a process.</summary>
    private const int LeastSamples = 3;

    /// <summary>Times a pass.</summary>
    /// <param name="pass">Runs the work with the inputs of this index and waits for the device. Its time counts.</param>
    /// <param name="between">Runs after each sample, off the clock: checks and frees the results.</param>
    /// <param name="budget">Sample counts and limits.</param>
    /// <param name="judgeInterruptions">Whether a pass keeps one processor busy from begin to end, so that missing processor time means that
    /// the system took it away. False on GPUs and with several threads.</param>
    /// <param name="before">Milliseconds of passes of the same kind that ran just before and count as the first of the warm-up.</param>
    public static TimingResult Measure(
        Action<int> pass, Action between, Budget budget, bool judgeInterruptions = false, IReadOnlyList<double>? before = null) =>
        Measure(pass, between, budget, judgeInterruptions, ProcessorClock.Seconds, before);

    /// <summary>The same with another reading of the processor time, in seconds.</summary>
    internal static TimingResult Measure(
        Action<int> pass, Action between, Budget budget, bool judgeInterruptions, Func<double> processorSeconds, IReadOnlyList<double>? before = null)
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
        }

        warmUpSeconds += warmUp.Elapsed.TotalSeconds;
        var typical = Quantiles.Median([.. times.TakeLast(WarmUpWindow)]);
        // Passes one after another in a sample would warm the cache for each other.
        var calls = budget.ColdCache ? 1 : (int)Math.Clamp(Math.Ceiling(LeastSampleMilliseconds / Math.Max(typical, 1e-6)), 1, 10_000);
        Rehearse(times);
        var (all, whole) = (new List<double>(budget.MinSamples), new List<double>(budget.MinSamples));
        double timed = 0;
        var cpuBefore = processorSeconds();
        var wall = Stopwatch.StartNew();
        var look = 0;
        var gaps = new List<double>(budget.MinSamples);
        var start = Stopwatch.GetTimestamp();
        while (!IsEnough(whole, all.Count, timed / 1000, budget, ref look))
        {
            var (milliseconds, cpuShare) = One(pass, calls, ref call, processorSeconds);
            between();
            var end = Stopwatch.GetTimestamp();
            gaps.Add(Math.Max(0, Stopwatch.GetElapsedTime(start, end).TotalMilliseconds - (milliseconds * calls)));
            start = end;
            timed += milliseconds * calls;
            all.Add(milliseconds);
            if (!judgeInterruptions || cpuShare >= LeastCpuShare)
            {
                whole.Add(milliseconds);
            }
        }

        wall.Stop();
        var cpu = processorSeconds() - cpuBefore;
        var kept = whole.Count < Math.Min(LeastSamples, all.Count);
        return new TimingResult(
            kept ? all : whole, calls, times.Count, warmUpSeconds, wall.Elapsed.TotalSeconds,
            Quantiles.Median(gaps) * 1000 / calls, cpu / wall.Elapsed.TotalSeconds,
            all.Count - whole.Count, kept && whole.Count < all.Count);
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
        var endless = new Budget { MinSamples = 1, MinSeconds = 0, MaxSeconds = double.MaxValue, TargetRelativeError = 0 };
        List<double> samples = [.. times, .. times, .. times, .. times];
        for (var count = 0; count < 100; count++)
        {
            var look = 0;
            IsEnough(samples, times.Count, 0, endless, ref look);
            ProcessorClock.Seconds();
        }
    }

    /// <summary>
    /// Whether sampling may end. The interval is looked at again at <paramref name="look"/> samples: sorting after every sample would cost more
    /// than short passes do.
    /// </summary>
    private static bool IsEnough(List<double> samples, int taken, double seconds, Budget budget, ref int look)
    {
        if (taken >= 1 && seconds >= budget.MaxSeconds)
        {
            return true;
        }

        if (samples.Count < Math.Max(look, budget.MinSamples) || seconds < budget.MinSeconds)
        {
            return false;
        }

        look = samples.Count + Math.Max(LeastBetweenLooks, samples.Count / LooksGrowth);
        return MedianInterval.OrderStatistic(samples).RelativeHalfWidth <= budget.TargetRelativeError;
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
}
