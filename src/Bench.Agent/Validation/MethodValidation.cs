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
    private const int Pairs = 600;
    private const int Intervals = 4_000;
    private const int IntervalSamples = 25;
    private const double Tolerance = 0.01;
    private const double SlowDown = 1.05;
    private static readonly Budget Default = new();

    /// <summary>Runs everything; some minutes.</summary>
    /// <param name="cells">Cells of <c>quick</c> to run twice.</param>
    /// <param name="cancellation">Stops between cells.</param>
    public async Task<MethodReport> RunAsync(int cells, CancellationToken cancellation)
    {
        set_num_threads(1);
        report("Sampling a kernel of about 1 ms …");
        var fast = Samples(256, 8_000);
        report("Sampling a kernel of about 10 ms …");
        var slow = Samples(768, 1_800);
        report("Running cells twice …");
        var (agreement, overhead, compared) = await AgreementAsync(cells, cancellation);
        report("Running cells at the budget of full …");
        return new MethodReport
        {
            AaFalsePositiveRate = DifferentShare(fast, Default.MinSamples * Default.Processes, factor: 1),
            Coverage95 = Coverage(fast),
            // Half a second of a 10 ms pass in each of three processes.
            PowerAt5Percent = DifferentShare(slow, (int)(Default.MinSeconds / 0.01) * Default.Processes, SlowDown),
            MedianAgreementWithin3Percent = agreement,
            UsefulTimeShare = await UsefulShareAsync(cancellation),
            OverheadMicroseconds = overhead,
            Counts = new(StringComparer.Ordinal) { ["pairs"] = Pairs, ["intervals"] = Intervals, ["cells"] = compared },
            LoadAverage = LoadAverage(),
        };
    }

    /// <summary>Milliseconds of a square matrix product, in the order in which they were taken.</summary>
    private static double[] Samples(int size, int count)
    {
        using var a = randn(size, size);
        using var b = randn(size, size);
        var budget = new Budget { MinSamples = count, MinSeconds = 0, MaxSeconds = 60, TargetRelativeError = 1 };
        return [.. TimingLoop.Measure(_ => a.matmul(b).Dispose(), () => { }, budget).Milliseconds];
    }

    /// <summary>
    /// Share of pairs that the site's A/B rule calls different. Each side is made of contiguous stretches of real samples, as a process takes
    /// them, so slow spells of the machine stay together.
    /// </summary>
    private static double DifferentShare(double[] samples, int perSide, double factor)
    {
        var random = new CounterRandom(11);
        var stretch = perSide / Default.Processes;
        double[] Stretch()
        {
            var start = random.Next(samples.Length - stretch);
            return samples[start..(start + stretch)];
        }

        var different = 0;
        for (var pair = 0; pair < Pairs; pair++)
        {
            double[][] a = [.. Enumerable.Range(0, Default.Processes).Select(_ => Stretch())];
            double[][] b = [.. Enumerable.Range(0, Default.Processes).Select(_ => Stretch().Select(value => value * factor).ToArray())];
            var comparison = Comparison.Of(a, b, seed: pair);
            different += comparison.Judge(comparison.PValue, Tolerance, Better.Lower) is Verdict.Better or Verdict.Worse ? 1 : 0;
        }

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

    private static async Task<(double Agreement, double Overhead, int Count)> AgreementAsync(int cells, CancellationToken cancellation)
    {
        var runner = new CellRunner(ChildCommand.Self(), EnvironmentProbe.OfMachine());
        var (agree, count) = (0, 0);
        var overheads = new List<double>();
        foreach (var planned in Timed("quick").Take(cells))
        {
            var budget = Budget.Parse(planned.Budget) with { Memory = false };
            var medians = new List<double>();
            for (var run = 0; run < 2; run++)
            {
                var outcome = await runner.RunAsync(planned.Cell, planned.Seed, budget, _ => { }, cancellation);
                if (outcome.Failure is null)
                {
                    medians.Add(Quantiles.Median(outcome.Result.Metrics.First(metric => metric.Name == Metric.TimeMs.Name).Samples));
                    overheads.Add(outcome.Result.Facts["overheadMicroseconds"]);
                }
            }

            if (medians is [var first, var second])
            {
                count++;
                agree += Math.Abs(first / second - 1) <= 0.03 ? 1 : 0;
            }
        }

        return ((double)agree / Math.Max(1, count), Quantiles.Median(overheads), count);
    }

    /// <summary>Warm-up and timed passes over the wall time of whole runs, processes and checks included.</summary>
    private static async Task<double> UsefulShareAsync(CancellationToken cancellation)
    {
        var runner = new CellRunner(ChildCommand.Self(), EnvironmentProbe.OfMachine());
        double useful = 0, all = 0;
        foreach (var length in new[] { 512, 2048, 8192 })
        {
            var cell = Timed("full").Select(planned => planned.Cell)
                .First(each => each.Implementation == "softmax/sdpa" && each.Length == length && each.Task == "efficiency/forward");
            var budget = Budget.Parse(Timed("full").First(planned => planned.Cell == cell).Budget);
            var phases = (await runner.RunAsync(cell, 1, budget, _ => { }, cancellation)).Result.PhaseSeconds;
            useful += phases.GetValueOrDefault("warm-up") + phases.GetValueOrDefault("measure");
            all += phases.Values.Sum();
        }

        return useful / all;
    }

    private static IEnumerable<PlannedCell> Timed(string suite) => SuiteReader.ReadFile(SuiteFolder.Find(suite), "cpu").Cells
        .Where(planned => planned.IneligibleReason is null && planned.Cell.Task.StartsWith("efficiency/", StringComparison.Ordinal));

    private static double LoadAverage() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : 0;
}
