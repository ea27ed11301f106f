using System.Diagnostics;
using System.Text.Json;
using Bench.Attention;
using Bench.Attention.Primitives;
using Bench.Attention.SequenceParallel;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Parallel;

/// <summary>
/// <c>parallel/sequence</c>: one sequence split over worker processes on loopback sockets, additive recurrences by LASP-2, softmax by ring attention.
/// What each worker sends is counted and must equal the formula; outputs and gradients must equal the pass of one process.
/// </summary>
public sealed class SequenceTask : BenchTask
{
    private const int LongestChecked = 8_192;

    // What each token contributes must depend on that token alone: LightNet's running sums, for one, do not.
    private static readonly string[] Mechanisms = ["linear-attention", "lightning-attention", "retention", "simple-gla", "gla", "mamba2-ssd", "softmax"];

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "parallel/sequence",
        Title = "Sequence over workers",
        Description = "What workers that hold slices of one sequence send each other: one memory state (LASP-2) or all keys and values (ring attention).",
        Metrics = [ParallelMetrics.ForwardBytes, ParallelMetrics.BackwardBytes, Metric.TimeMs],
        Paper = "arXiv:2502.07563",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string> { ["workers"] = "4" };

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (WhyNotInCatalogue(cell) is { } reason)
        {
            return reason;
        }

        var workers = new ParameterReader(this, cell).Int("workers", 1);
        if (cell.Pattern != AttentionPattern.CausalSelf || cell.Device != "cpu" || cell.Dtype is not ("float32" or "float64"))
        {
            return $"'{Entry.Id}' is a causal-self task on the CPU in float32 or float64.";
        }

        if (cell.Length % workers != 0)
        {
            return $"A sequence of {cell.Length} tokens does not split into {workers} equal slices.";
        }

        if (!Mechanisms.Contains(cell.Mechanism))
        {
            return $"'{cell.Mechanism}' is neither softmax nor an additive recurrence whose terms depend on one token each; there are {string.Join(", ", Mechanisms)}.";
        }

        try
        {
            using var attention = AttentionCatalogue.CreateOperator(cell.Implementation, Settings(cell), cell.Options);
            return attention is not RecurrenceOperator recurrence || Decay(recurrence) is not null
                ? attention.WhyNot(Workload.Shape(cell))
                : $"'{cell.Implementation}' divides by a running sum, which LASP-2 does not send; set its option 'normalise' to false.";
        }
        catch (ArgumentException mistake)
        {
            return mistake.Message;
        }
    }

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget) =>
        10 + (2 * new ParameterReader(this, cell).Int("workers", 1)) + ((budget.MinSamples + 2) * (cell.Mechanism == "softmax" ? Math.Pow(cell.Length / 8_192.0, 2) : cell.Length / 65_536.0));

    /// <inheritdoc />
    public override IReadOnlyList<CellPart> Parts(Cell cell, Budget budget) => [new CellPart("workers", AllocatorKind.Retaining)];

    /// <inheritdoc />
    public override PartResult Run(CellPart part, CellContext context)
    {
        var (cell, workers, clock) = (context.Cell, new ParameterReader(this, context.Cell).Int("workers", 1), Stopwatch.StartNew());
        context.Report(new PartProgress("measure", 0));
        var requests = Enumerable.Range(0, workers)
            .Select(rank => new SequenceWorkerRequest(cell, rank, workers, context.Seed, context.Budget.MinSamples, cell.Length <= LongestChecked)).ToList();
        var results = RunWorkers(requests);
        var (forward, backward) = Volume(cell, workers);
        foreach (var result in results)
        {
            if (result.BytesForward != forward || result.BytesBackward != backward)
            {
                throw new CellFailedException(
                    FailureClass.Incorrect,
                    $"A worker sent {result.BytesForward} bytes forward and {result.BytesBackward} backward; the formulas say {forward} and {backward}.",
                    "No number is stored. If the formula is wrong, correct it.");
            }
        }

        var tolerance = CorrectnessGate.Tolerance(Workload.Dtype(cell.Dtype));
        var error = results.Max(result => result.Error);
        if (error is { } found && !(found <= tolerance))
        {
            throw new CellFailedException(
                FailureClass.Incorrect,
                $"Outputs or gradients of the slices differ from those of one process by {found:0.0e+0} of their largest number; {tolerance:0.0e+0} is allowed.",
                "No number is stored.");
        }

        // A pass ends when the slowest worker does.
        var times = Enumerable.Range(0, context.Budget.MinSamples).Select(round => 1000 * results.Max(result => result.Seconds[round])).ToList();
        return new PartResult
        {
            Metrics =
            [
                MetricSamples.Of(ParallelMetrics.ForwardBytes, forward),
                MetricSamples.Of(ParallelMetrics.BackwardBytes, backward),
                MetricSamples.Of(Metric.TimeMs, times),
            ],
            Facts = new(StringComparer.Ordinal) { ["workers"] = workers, ["bytesByFormulaForward"] = forward, ["bytesByFormulaBackward"] = backward },
            Correctness = new CorrectnessReport { Checked = error is not null, MaxRelError = error ?? 0, Tolerance = tolerance },
            Environment = EnvironmentProbe.OfProcess(context.Budget, context.Cell.Device),
            PhaseSeconds = new(StringComparer.Ordinal) { ["measure"] = clock.Elapsed.TotalSeconds },
        };
    }

    /// <summary>What the operator is built for.</summary>
    internal static AttentionSettings Settings(Cell cell) => new(cell.Pattern, cell.Heads, cell.HeadSize) { MaxLength = cell.Length };

    /// <summary>Bytes that each worker sends forward and backward, by the formulas.</summary>
    public static (long Forward, long Backward) Volume(Cell cell, int workers)
    {
        var (shape, element) = (Workload.Shape(cell), Workload.Dtype(cell.Dtype).ElementSize());
        using var attention = AttentionCatalogue.CreateOperator(cell.Implementation, Settings(cell), cell.Options);
        return attention is RecurrenceOperator recurrence
            ? (element * CommunicationVolume.Lasp(shape, workers, Decay(recurrence)!.Value), element * CommunicationVolume.Lasp(shape, workers, 0))
            : (element * CommunicationVolume.RingForward(shape, workers), element * CommunicationVolume.RingBackward(shape, workers));
    }

    /// <summary>Size of a decay, 0 without one; null when the recurrence cannot be split.</summary>
    private static int? Decay(RecurrenceOperator attention)
    {
        using var scope = NewDisposeScope();
        var settings = attention.Settings;
        var shape = AttentionShape.Square(settings.Pattern, 1, settings.Heads, 1, settings.HeadSize);
        var recurrence = attention.RecurrenceOf(AttentionInputs.Draw(attention, shape, 1, ScalarType.Float32, CPU));
        return Lasp2.Fits(recurrence) ? (int)(recurrence.LogDecay?.shape[3] ?? 0) : null;
    }

    /// <summary>Starts the workers, tells each the ports of all, and reads what they found.</summary>
    private static List<SequenceWorkerResult> RunWorkers(List<SequenceWorkerRequest> requests)
    {
        var self = ChildCommand.Self();
        var workers = new List<Process>();
        try
        {
            foreach (var request in requests)
            {
                var worker = Process.Start(new ProcessStartInfo(self.FileName, [.. self.Arguments.SkipLast(1), "sequence-worker"])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    UseShellExecute = false,
                })!;
                workers.Add(worker);
                worker.StandardInput.WriteLine(JsonSerializer.Serialize(request, WireJson.Strict));
                worker.StandardInput.Flush();
            }

            var ports = workers.Select(worker => Read<int>(worker)).ToArray();
            foreach (var worker in workers)
            {
                worker.StandardInput.WriteLine(JsonSerializer.Serialize(ports, WireJson.Strict));
                worker.StandardInput.Flush();
            }

            return [.. workers.Select(worker => Read<SequenceWorkerResult>(worker))];
        }
        finally
        {
            foreach (var worker in workers)
            {
                if (!worker.HasExited)
                {
                    worker.Kill();
                }

                worker.WaitForExit();
                worker.Dispose();
            }
        }
    }

    private static T Read<T>(Process worker) => worker.StandardOutput.ReadLine() is { } line
        ? JsonSerializer.Deserialize<T>(line, WireJson.Strict)!
        : throw new CellFailedException(FailureClass.Crashed, "A worker process ended without an answer.", "See the log of the run; its last lines are in it.");
}
