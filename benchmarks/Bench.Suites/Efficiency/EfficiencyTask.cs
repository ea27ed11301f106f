using System.Diagnostics;
using Bench.Domain.Analysis;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// Time and peak memory of one kind of pass. Timing processes come first, each with the correctness gate; memory has a process of its own, as
/// the two need different allocators.
/// </summary>
public abstract class EfficiencyTask : BenchTask
{
    /// <summary>Extra seconds that a child process needs before it does anything useful.</summary>
    private const double StartSeconds = 1;

    private const string FirstTimed = "time-0";

    /// <summary>A pass that takes longer is weighed once: the allocations of a pass hardly vary.</summary>
    private const double LongPassSeconds = 2;

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (WhyNotInCatalogue(cell) is { } reason)
        {
            return reason;
        }

        if (cell.Device == "cuda" && !cuda.is_available())
        {
            return "This build or machine has no CUDA device.";
        }

        try
        {
            var (no, decodes) = AskedModule.Ask(cell);
            return no ?? WhyNot(cell, decodes);
        }
        catch (ArgumentException mistake)
        {
            return mistake.Message;
        }
    }

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget) =>
        budget.Processes * (StartSeconds + 2 * budget.MaxSeconds) + (budget.Memory ? StartSeconds + 3 : 0);

    /// <inheritdoc />
    public override IReadOnlyList<CellPart> Parts(Cell cell, Budget budget) =>
    [
        .. Enumerable.Range(0, budget.Processes).Select(i => new CellPart($"time-{i}", AllocatorKind.Retaining, CompilesOnce: true)),
        .. budget.Memory && cell.Device == "cpu" && OperatingSystem.IsLinux() ? new[] { new CellPart("memory", AllocatorKind.System) } : [],
    ];

    /// <inheritdoc />
    public override PartResult Run(CellPart part, CellContext context)
    {
        set_num_threads(context.Budget.Threads);
        var clock = Stopwatch.StartNew();
        context.Report(new PartProgress("setup", 0));
        using var workload = new Workload(context.Cell, context.Seed);
        var setup = clock.Elapsed.TotalSeconds;
        return part.Name == "memory" ? Weigh(workload, context, setup) : Time(workload, context, setup, isFirst: part.Name == FirstTimed);
    }

    /// <summary>A further reason against a cell, knowing whether the implementation decodes.</summary>
    protected virtual string? WhyNot(Cell cell, bool decodes) => null;

    /// <summary>Prepares passes on a workload; the result is called with the number of the pass and returns what must be checked and freed.</summary>
    protected abstract Func<int, Tensor> Prepare(Workload workload);

    /// <summary>Useful floating-point operations of one pass.</summary>
    protected abstract double Flops(Workload workload);

    /// <summary>Least bytes that one pass must move.</summary>
    protected virtual double Bytes(Workload workload) => workload.Cost.BytesMoved((int)workload.ElementType.ElementSize());

    /// <summary>Frees what a pass left on its inputs, off the clock.</summary>
    protected virtual void Clean(Workload workload, int pass)
    {
    }

    /// <summary>Further checks of the gate before timing.</summary>
    protected virtual void CheckGradients(Workload workload, CorrectnessGate gate)
    {
    }

    /// <summary>Whether the pass returns the full output, whose fingerprint can be checked.</summary>
    protected virtual bool ReturnsOutput => true;

    /// <summary>Whether the pass is the one that the gate runs, so that the gate's passes are warm-up.</summary>
    protected virtual bool IsForward => false;

    private PartResult Time(Workload workload, CellContext context, double setup, bool isFirst)
    {
        var cell = context.Cell;
        var clock = Stopwatch.StartNew();
        context.Report(new PartProgress("check", 0.1));
        var gate = CorrectnessGate.Pass(workload, cell.Implementation, cell.Options, context.Seed, isBrief: !isFirst);
        CheckGradients(workload, gate);
        var roofline = Roofline.Measure(workload.ElementType, workload.Target);
        var warm = IsForward ? gate.PassMilliseconds : [];
        var check = clock.Elapsed.TotalSeconds - (warm.Sum() / 1000);
        context.Report(new PartProgress("measure", 0.2));

        var pass = Prepare(workload);
        var pending = new List<(int Call, Tensor Output)>();
        DisposeScope? scope = null;
        using var flush = context.Budget.ColdCache ? new CacheFlush(workload.Target) : null;
        flush?.Flush();
        // With several threads, or the work on another device, no single core tells how it goes.
        var core = cell.Device == "cpu" && context.Budget.Threads == 1 ? new CoreProbe(context.QuietCore) : null;
        var timing = TimingLoop.Measure(
            call =>
            {
                scope ??= NewDisposeScope();
                pending.Add((call, pass(call)));
                workload.Synchronize();
            },
            () =>
            {
                var (call, output) = pending[^1];
                if (ReturnsOutput)
                {
                    gate.CheckRepetition(call, output);
                }

                foreach (var (each, _) in pending)
                {
                    Clean(workload, each);
                }

                pending.Clear();
                scope?.Dispose();
                scope = null;
                flush?.Flush();
                workload.Synchronize();
            },
            context.Budget,
            core,
            before: warm);
        var median = Quantiles.Median(timing.Milliseconds);
        if (roofline.Forbids(median, Flops(workload), Bytes(workload)))
        {
            roofline = roofline.LookedAtAgain(workload.ElementType, workload.Target);
        }

        roofline.Refuse(cell.Implementation, median, Flops(workload), Bytes(workload));
        var facts = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["usefulFlops"] = Flops(workload),
            ["leastBytes"] = Bytes(workload),
            ["peakFlopsPerSecond"] = roofline.FlopsPerSecond,
            ["peakBytesPerSecond"] = roofline.BytesPerSecond,
            ["shareOfPeak"] = Flops(workload) / (median / 1000) / roofline.FlopsPerSecond / context.Budget.Threads,
            ["callsPerSample"] = timing.CallsPerSample,
            ["warmUpPasses"] = timing.WarmUpPasses,
            ["overheadMicroseconds"] = timing.OverheadMicroseconds,
            ["cpuShare"] = timing.CpuShare,
            ["interruptedSamples"] = timing.Interrupted,
            ["sharedSamples"] = timing.Shared,
            ["disturbedSamplesKept"] = timing.DisturbedKept ? 1 : 0,
        };
        if (core is not null)
        {
            facts[CoreProbe.Fact] = timing.QuietCore;
        }

        foreach (var (name, value) in EnvironmentProbe.Observe(cell.Device))
        {
            facts[name] = value;
        }

        return new PartResult
        {
            Metrics =
            [
                MetricSamples.Of(Metric.TimeMs, timing.Milliseconds),
                .. workload.StateSize > 0
                    ? new[] { MetricSamples.Of(Metric.StateSizeBytes, (double)workload.StateSize * workload.ElementType.ElementSize()) }
                    : [],
            ],
            Correctness = gate.Report,
            Facts = facts,
            Environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device),
            PhaseSeconds = new(StringComparer.Ordinal)
            {
                ["setup"] = setup,
                ["check"] = check,
                ["warm-up"] = timing.WarmUpSeconds,
                ["measure"] = timing.MeasureSeconds,
            },
        };
    }

    private PartResult Weigh(Workload workload, CellContext context, double setup)
    {
        var clock = Stopwatch.StartNew();
        context.Report(new PartProgress("memory", 0.9));
        var pass = Prepare(workload);
        var call = 0;
        void Once()
        {
            using var scope = NewDisposeScope();
            pass(call).Dispose();
            Clean(workload, call++);
        }

        // The first call still grows thread pools and compiles.
        Once();
        var calls = clock.Elapsed.TotalSeconds > LongPassSeconds ? 1 : 3;
        var peaks = Enumerable.Range(0, calls).Select(_ => (double)ProcessMemory.PeakOf(Once)).ToList();
        return new PartResult
        {
            Metrics = [MetricSamples.Of(Metric.PeakMemoryBytes, peaks)],
            Facts = new(StringComparer.Ordinal)
            {
                ["analyticActivationBytes"] = workload.Cost.ActivationBytes((int)workload.ElementType.ElementSize()),
            },
            PhaseSeconds = new(StringComparer.Ordinal) { ["setup"] = setup, ["memory"] = clock.Elapsed.TotalSeconds },
        };
    }

    /// <summary>The entry of an efficiency task.</summary>
    protected static TaskEntry Describe(string name, string title, string description) => new()
    {
        Id = $"efficiency/{name}",
        Title = title,
        Description = description,
        Metrics = [Metric.TimeMs, Metric.PeakMemoryBytes, Metric.StateSizeBytes],
    };
}
