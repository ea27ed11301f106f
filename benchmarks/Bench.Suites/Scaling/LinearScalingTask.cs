using System.Diagnostics;
using Bench.Attention;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Analysis;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Scaling;

/// <summary>
/// <c>scaling/linear</c>: whether a recurrence is as fast, as constant and as small as its mathematics allows. All lengths, the decode steps, fused
/// softmax attention and the matrix product that serves as ruler take turns in one process, so that a busy machine moves them together.
/// </summary>
public sealed class LinearScalingTask : BenchTask
{
    private const string Baseline = "softmax/sdpa";
    private const int SharesAt = 16_384;
    private const int GateAt = 1_024;
    private const int WarmUpRounds = 2;

    // Resampling is seeded, so the same samples give the same crossing on every machine.
    private const long CrossingSeed = 20_220_711;

    private static readonly int[] Long = [4_096, 8_192, 16_384, 32_768, 65_536];
    private static readonly int[] Short = [32, 64, 128, 256, 512, 1_024];
    private static readonly int[] Prefixes = [1_024, 4_096, 16_384, 65_536];
    private static readonly int[] Weighed = [4_096, 8_192, 16_384, 32_768];

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "scaling/linear",
        Title = "Linear scaling",
        Description = "Useful work against the device's peak, and whether time per token, decode steps and memory stay constant with length.",
        Metrics =
        [
            ScalingMetrics.ForwardShare, ScalingMetrics.ForwardBackwardShare, ScalingMetrics.RulerShare, ScalingMetrics.TimePerTokenSpread,
            ScalingMetrics.MemoryExponent, ScalingMetrics.DecodeSpread, ScalingMetrics.EfficiencyLength,
        ],
        Paper = "arXiv:2401.04658",
    };

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (WhyNotInCatalogue(cell) is { } reason)
        {
            return reason;
        }

        if (cell.Pattern != AttentionPattern.CausalSelf || cell.Device != "cpu" || cell.Length < SharesAt)
        {
            return $"'{Entry.Id}' is a causal-self task on the CPU with a length of at least {SharesAt}.";
        }

        if (AttentionCatalogue.Get(cell.Implementation).IsLayer)
        {
            return $"'{Entry.Id}' times operators; '{cell.Implementation}' is a whole layer, whose projections would hide the scan.";
        }

        try
        {
            using var attention = AttentionCatalogue.CreateOperator(cell.Implementation, Settings(cell), cell.Options);
            return attention.WhyNot(Workload.Shape(cell))
                ?? (attention.Decodes ? null : $"'{cell.Implementation}' has no decode form for {cell.Pattern.Name}.");
        }
        catch (ArgumentException mistake)
        {
            return mistake.Message;
        }
    }

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget) => 20 + (budget.MinSamples + WarmUpRounds) * cell.Length / 16_384.0;

    /// <inheritdoc />
    public override IReadOnlyList<CellPart> Parts(Cell cell, Budget budget) =>
    [
        new CellPart("time", AllocatorKind.Retaining, CompilesOnce: true),
        .. budget.Memory && OperatingSystem.IsLinux() ? new[] { new CellPart("memory", AllocatorKind.System) } : [],
    ];

    /// <inheritdoc />
    public override PartResult Run(CellPart part, CellContext context)
    {
        set_num_threads(context.Budget.Threads);
        return part.Name == "memory" ? Weigh(context) : Time(context);
    }

    private static AttentionSettings Settings(Cell cell) => new(cell.Pattern, cell.Heads, cell.HeadSize) { MaxLength = cell.Length };

    private static PartResult Time(CellContext context)
    {
        var (cell, clock) = (context.Cell, Stopwatch.StartNew());
        context.Report(new PartProgress("check", 0));
        CorrectnessReport report;
        using (var small = new Workload(cell with { Length = GateAt }, context.Seed))
        {
            var gate = CorrectnessGate.Pass(small, cell.Implementation, cell.Options, context.Seed);
            gate.CheckGradients();
            report = gate.Report;
        }

        var check = clock.Elapsed.TotalSeconds;
        clock.Restart();
        using var bench = new ScalingBench(cell, Settings(cell), Baseline, context.Seed);
        var lengths = Long.Where(length => length <= cell.Length).ToArray();
        var prefixes = Prefixes.Where(length => length <= cell.Length).ToArray();
        var (ruler, multiplyAdds) = (bench.AddMatrixProduct(), bench.AddMultiplyAdds());
        var forward = lengths.ToDictionary(length => length, bench.AddLongForward);
        var backward = bench.AddForwardBackward(SharesAt);
        var decode = prefixes.ToDictionary(length => length, bench.AddDecode);
        var (ours, theirs) = (Short.ToDictionary(length => length, bench.AddForward), Short.ToDictionary(length => length, bench.AddBaseline));
        var setup = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var rounds = context.Budget.MinSamples;
        for (var round = 0; round < WarmUpRounds + rounds; round++)
        {
            context.Report(new PartProgress(round < WarmUpRounds ? "warm-up" : "measure", (double)round / (WarmUpRounds + rounds)));
            bench.Round(keep: round >= WarmUpRounds);
        }

        // A share is taken within its round, the quickest of its tries against the quickest of the ruler's: a neighbour on the core slows a long pass
        // in more tries than a short one.
        IReadOnlyList<double> Shares(ScalingSeries series, double flops) =>
            [.. series.Seconds.Zip(ruler.Seconds, (seconds, rulerSeconds) => flops / seconds / (ScalingBench.MatrixProductFlops / rulerSeconds) / context.Budget.Threads)];
        var rulerShares = ruler.Seconds.Zip(
            multiplyAdds.Seconds, (seconds, bare) => ScalingBench.MatrixProductFlops / seconds / context.Budget.Threads / (MultiplyAddLoop.Flops / bare));
        var flops = bench.Flops(SharesAt);
        var crossing = MeasuredEfficiencyLength.Of(Curve(Baseline, theirs), Curve(cell.Implementation, ours), CrossingSeed);
        var metrics = new List<MetricSamples>
        {
            MetricSamples.Of(ScalingMetrics.ForwardShare, Shares(forward[SharesAt], flops)),
            MetricSamples.Of(ScalingMetrics.ForwardBackwardShare, Shares(backward, 3 * flops)),
            MetricSamples.Of(ScalingMetrics.RulerShare, [.. rulerShares]),
            MetricSamples.Of(ScalingMetrics.TimePerTokenSpread, RoundSpread.Of([.. forward.Select(pair => PerToken(pair.Value.Seconds, pair.Key))])),
            MetricSamples.Of(ScalingMetrics.DecodeSpread, RoundSpread.Of([.. decode.Values.Select(series => series.Seconds)])),
        };
        if (crossing.Censoring != Censoring.AboveRange)
        {
            metrics.Add(MetricSamples.Of(ScalingMetrics.EfficiencyLength, crossing.Value ?? Short[0]));
        }

        var facts = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["usefulFlops"] = flops,
            ["peakFlopsPerSecond"] = ScalingBench.MatrixProductFlops / ruler.Seconds.Min(),
            ["multiplyAddFlopsPerSecond"] = MultiplyAddLoop.Flops / multiplyAdds.Seconds.Min(),
        };
        foreach (var (length, series) in forward.Concat(ours))
        {
            facts[$"forwardMs.{length}"] = series.Median * 1000;
        }

        foreach (var (length, series) in decode)
        {
            facts[$"decodeMicroseconds.{length}"] = series.Median * 1e6;
            facts[$"quickestDecodeMicroseconds.{length}"] = series.Quickest * 1e6;
        }

        foreach (var (length, series) in theirs)
        {
            facts[$"softmaxMs.{length}"] = series.Median * 1000;
        }

        facts[$"forwardBackwardMs.{SharesAt}"] = backward.Median * 1000;
        return new PartResult
        {
            Metrics = metrics,
            Facts = facts,
            Correctness = report,
            Environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device),
            PhaseSeconds = new(StringComparer.Ordinal) { ["setup"] = setup, ["check"] = check, ["measure"] = clock.Elapsed.TotalSeconds },
        };
    }

    private static PartResult Weigh(CellContext context)
    {
        var clock = Stopwatch.StartNew();
        var (cell, lengths) = (context.Cell, Weighed.Where(length => length <= context.Cell.Length).ToArray());
        context.Report(new PartProgress("memory", 0));
        using var bench = new ScalingBench(cell, Settings(cell), Baseline, context.Seed);
        var passes = lengths.Select(bench.ForwardBackward).ToArray();
        // The first calls still grow thread pools and compile.
        passes[0]();
        passes[0]();
        var facts = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var peaks = new List<double>();
        for (var i = 0; i < lengths.Length; i++)
        {
            var pass = passes[i];
            peaks.Add(Quantiles.Median([.. Enumerable.Range(0, 3).Select(_ => (double)ProcessMemory.PeakOf(pass))]));
            facts[$"peakBytes.{lengths[i]}"] = peaks[i];
            context.Report(new PartProgress("memory", (i + 1.0) / lengths.Length));
        }

        var line = LeastSquares.Line([.. lengths.Select(length => Math.Log2(length))], [.. peaks.Select(Math.Log2)]);
        return new PartResult
        {
            Metrics = [MetricSamples.Of(ScalingMetrics.MemoryExponent, line.Slope)],
            Facts = facts,
            PhaseSeconds = new(StringComparer.Ordinal) { ["memory"] = clock.Elapsed.TotalSeconds },
        };
    }

    private static IReadOnlyList<double> PerToken(IReadOnlyList<double> seconds, int length) => [.. seconds.Select(value => value / length)];

    private static CostCurve Curve(string name, Dictionary<int, ScalingSeries> series) =>
        new(name, series.Select(pair => CostPoint.Of(pair.Key, pair.Value.Seconds)));
}
