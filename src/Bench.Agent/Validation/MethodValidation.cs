using System.Diagnostics;
using System.Globalization;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Plans;
using static TorchSharp.torch;

namespace Bench.Agent.Validation;

/// <summary>
/// Proves the measuring method on the machine it runs on: real kernels give the noise, equal and slowed copies of their samples give the rates of
/// error, and cells of the suites are run twice.
/// </summary>
internal sealed class MethodValidation(Action<string> report)
{
    private const int Pairs = 400;
    private const int Intervals = 4_000;
    private const int IntervalSamples = 25;
    private const int ShareCells = 16;
    private const double ShareSeconds = 600;
    private const double Tolerance = 0.01;
    private const double SlowDown = 1.05;
    private static readonly Budget Default = new();

    /// <summary>Runs everything; some minutes.</summary>
    /// <param name="cells">Cells of <c>quick</c> to run twice.</param>
    /// <param name="cancellation">Stops between cells.</param>
    public async Task<MethodReport> RunAsync(int cells, CancellationToken cancellation)
    {
        set_num_threads(1);
        report("Sampling a kernel of about 3 ms …");
        var fast = Samples(512, 8_000);
        report("Sampling a kernel of about 10 ms …");
        var slow = Samples(768, 3_000);
        report("Sampling a bare loop of about 10 ms …");
        var bare = BareLoop.Samples(3_000);
        report("Running cells twice …");
        var books = StolenTime.Now();
        var (pairs, overhead, shared) = await RunTwiceAsync(cells, cancellation);
        var stolen = StolenTime.ShareSince(books);
        report(
            $"{pairs.Count(pair => pair.Agrees)} of {pairs.Count} cells agree within 3 %, {pairs.Count(pair => pair.UndisturbedAgrees)} of their quickest tenths, "
            + $"{pairs.Count(pair => pair.BareAgrees)} bare loops; "
            + $"{stolen:P1} of the processor time was stolen, {shared:P0} of the samples shared their core; {overhead:0} µs of overhead. Running cells at the budget of full …");
        var shares = await SharesAsync(cancellation);
        var load = LoadAverage();
        report("Comparing equal and slowed copies …");
        return new MethodReport
        {
            AaFalsePositiveRate = (DifferentShare(fast, factor: 1) + DifferentShare(slow, factor: 1)) / 2,
            Coverage95 = Coverage(fast),
            PowerAt5Percent = DifferentShare(slow, SlowDown),
            BareLoopPowerAt5Percent = DifferentShare(bare, SlowDown),
            MedianAgreementWithin3Percent = (double)pairs.Count(pair => pair.Agrees) / Math.Max(1, pairs.Count),
            UndisturbedAgreementWithin3Percent = (double)pairs.Count(pair => pair.UndisturbedAgrees) / Math.Max(1, pairs.Count),
            BareLoopAgreementWithin3Percent = (double)pairs.Count(pair => pair.BareAgrees) / Math.Max(1, pairs.Count),
            StolenShare = stolen,
            SharedCoreShare = shared,
            UsefulTimeShare = shares.Sum(cell => cell.UsefulSeconds) / shares.Sum(cell => cell.Seconds),
            OverheadMicroseconds = overhead,
            Counts = new(StringComparer.Ordinal) { ["pairs"] = 2 * Pairs, ["slowedPairs"] = Pairs, ["intervals"] = Intervals, ["cells"] = pairs.Count, ["shareCells"] = shares.Count },
            LoadAverage = load,
            RunTwice = pairs,
            Shares = shares,
        };
    }

    /// <summary>Milliseconds of a square matrix product, in the order in which they were taken.</summary>
    private static double[] Samples(int size, int count)
    {
        using var a = randn(size, size);
        using var b = randn(size, size);
        var budget = new Budget { MinSamples = count, MinSeconds = 0, MaxSeconds = 60, TargetRelativeError = 1 };
        return [.. TimingLoop.Measure(_ => a.matmul(b).Dispose(), () => { }, budget, new CoreProbe()).Milliseconds];
    }

    /// <summary>
    /// Share of pairs that the site's A/B rule calls different. Each side is what the default budget takes: in each process the least count or the
    /// least time, whichever is more. A process's samples are a contiguous stretch of real ones, so slow spells of the machine stay together.
    /// </summary>
    private static double DifferentShare(double[] samples, double factor)
    {
        var stretch = Math.Max(Default.MinSamples, (int)(1000 * Default.MinSeconds / Quantiles.Median(samples)));
        var different = 0;
        Parallel.For(0, Pairs, pair =>
        {
            var random = new CounterRandom(11, stream: pair);
            double[] Stretch()
            {
                var start = random.Next(samples.Length - stretch);
                return samples[start..(start + stretch)];
            }

            double[][] a = [.. Enumerable.Range(0, Default.Processes).Select(_ => Stretch())];
            double[][] b = [.. Enumerable.Range(0, Default.Processes).Select(_ => Stretch().Select(value => value * factor).ToArray())];
            var comparison = Comparison.Of(a, b, seed: pair);
            if (comparison.Judge(comparison.PValue, Tolerance, Better.Lower) is Verdict.Better or Verdict.Worse)
            {
                Interlocked.Increment(ref different);
            }
        });
        return (double)different / Pairs;
    }

    /// <summary>Share of intervals of independent draws from the real distribution that contain its median.</summary>
    private static double Coverage(double[] samples)
    {
        var random = new CounterRandom(12);
        var truth = Quantiles.Median(samples);
        var hits = 0;
        for (var i = 0; i < Intervals; i++)
        {
            double[] drawn = [.. Enumerable.Range(0, IntervalSamples).Select(_ => samples[random.Next(samples.Length)])];
            hits += MedianInterval.OrderStatistic(drawn).Interval.Contains(truth) ? 1 : 0;
        }

        return (double)hits / Intervals;
    }

    private static async Task<(IReadOnlyList<RepeatedCell> Pairs, double Overhead, double Shared)> RunTwiceAsync(int cells, CancellationToken cancellation)
    {
        var runner = new CellRunner(ChildCommand.Self(), EnvironmentProbe.OfMachine());
        var pairs = new List<RepeatedCell>();
        var overheads = new List<double>();
        var (shared, samples) = (0.0, 0.0);
        foreach (var planned in Timed("quick").Take(cells))
        {
            var budget = Budget.Parse(planned.Budget) with { Memory = false };
            var (medians, undisturbed, bare) = (new List<double>(), new List<double>(), new List<double>());
            for (var run = 0; run < 2; run++)
            {
                bare.Add(BareLoop.Median());
                var outcome = await runner.RunAsync(planned.Cell, planned.Seed, budget, _ => { }, cancellation);
                if (outcome.Failure is null)
                {
                    var times = outcome.Result.Metrics.First(metric => metric.Name == Metric.TimeMs.Name).Samples;
                    medians.Add(Quantiles.Median(times));
                    undisturbed.Add(Quantiles.Of(times, 0.1));
                    overheads.Add(outcome.Result.Facts["overheadMicroseconds"]);
                    var left = outcome.Result.Facts["sharedSamples"];
                    shared += left;
                    samples += times.Count + (outcome.Result.Facts["disturbedSamplesKept"] > 0 ? 0 : left);
                }
            }

            if (medians is [var first, var second])
            {
                pairs.Add(new RepeatedCell(planned.Cell.Key, first, second, second / first, undisturbed[1] / undisturbed[0], bare[1] / bare[0]));
            }
        }

        return (pairs, Quantiles.Median(overheads), shared / Math.Max(1, samples));
    }

    /// <summary>Warm-up and timed passes beside the wall time of whole runs, processes and checks included, for cells drawn from <c>full</c>, as many as ten minutes hold.</summary>
    private async Task<IReadOnlyList<CellShare>> SharesAsync(CancellationToken cancellation)
    {
        var runner = new CellRunner(ChildCommand.Self(), EnvironmentProbe.OfMachine());
        var cells = Timed("full").ToList();
        var random = new CounterRandom(13);
        var shares = new List<CellShare>();
        var clock = Stopwatch.StartNew();
        for (var drawn = 0; drawn < ShareCells && clock.Elapsed.TotalSeconds < ShareSeconds; drawn++)
        {
            var planned = cells[random.Next(cells.Count)];
            report($"  {drawn + 1}/{ShareCells} {planned.Cell.CanonicalText} …");
            var phases = (await runner.RunAsync(planned.Cell, planned.Seed, Budget.Parse(planned.Budget), _ => { }, cancellation)).Result.PhaseSeconds;
            var share = new CellShare(
                planned.Cell.Task, planned.Cell.Implementation, planned.Cell.Length,
                phases.GetValueOrDefault("warm-up") + phases.GetValueOrDefault("measure"), phases.Values.Sum(), phases);
            report($"    {share.UsefulSeconds:0.0} of {share.Seconds:0.0} s ("
                + string.Join(", ", phases.Select(phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Key} {phase.Value:0.0}"))) + ")");
            shares.Add(share);
        }

        return shares;
    }

    private static IEnumerable<PlannedCell> Timed(string suite) => SuiteReader.ReadFile(SuiteFolder.Find(suite), "cpu").Cells
        .Where(planned => planned.IneligibleReason is null && planned.Cell.Task.StartsWith("efficiency/", StringComparison.Ordinal));

    private static double LoadAverage() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : 0;
}
