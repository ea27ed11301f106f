using System.Diagnostics;
using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// <c>efficiency/cab-forward</c>: CAB's own protocol, for comparison with published figures only: a whole layer in training mode, gradients
/// recorded, 100 calls from the first one on, no warm-up. The statistic over the samples is the inter-quartile mean.
/// </summary>
/// <remarks>CAB, arXiv:2210.07661; scripts/efficiency_length of its repository. Kept apart from <c>measured/v1</c> by its protocol fact.</remarks>
public sealed class CabForwardTask : BenchTask
{
    /// <summary>Stored with every sample instead of the measured protocol's name.</summary>
    public const string Protocol = "published/cab";

    private const int Calls = 100;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "efficiency/cab-forward",
        Title = "Forward pass by CAB's protocol",
        Description = "Time of a training-mode layer over 100 calls without warm-up, as CAB measured it; never ranked with measured/v1.",
        Metrics = [Metric.TimeMs],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override string? WhyNot(Cell cell) => new ForwardTask().WhyNot(cell);

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget) => 120;

    /// <inheritdoc />
    public override IReadOnlyList<CellPart> Parts(Cell cell, Budget budget) => [new CellPart("time-0", AllocatorKind.System)];

    /// <inheritdoc />
    public override PartResult Run(CellPart part, CellContext context)
    {
        var cell = context.Cell;
        set_num_threads(context.Budget.Threads);
        manual_seed(context.Seed);
        var shape = Workload.Shape(cell);
        var settings = new AttentionSettings(cell.Pattern, cell.Heads, cell.HeadSize) { MaxLength = Math.Max(shape.Length, shape.SourceLength) };
        using var layer = AttentionCatalogue.CreateLayer(cell.Implementation, settings, cell.Options);
        layer.train();
        using var scope = NewDisposeScope();
        var hidden = randn(cell.Batch, cell.Length, settings.ModelSize);
        var inputs = new LayerInputs(hidden) { Context = cell.Pattern.IsCross ? randn(cell.Batch, shape.SourceLength, settings.ModelSize) : null };
        var samples = new List<double>();
        var wall = Stopwatch.StartNew();
        while (samples.Count < Calls)
        {
            using var call = NewDisposeScope();
            var start = Stopwatch.GetTimestamp();
            layer.forward(inputs);
            samples.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            context.Report(new PartProgress("measure", (double)samples.Count / Calls));
        }

        var environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device);
        environment["protocol"] = Protocol;
        return new PartResult
        {
            Metrics = [MetricSamples.Of(Metric.TimeMs, samples)],
            Correctness = new CorrectnessReport { Checked = false },
            Environment = environment,
            PhaseSeconds = new(StringComparer.Ordinal) { ["measure"] = wall.Elapsed.TotalSeconds },
        };
    }
}
