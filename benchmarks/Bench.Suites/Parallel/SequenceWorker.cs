using System.Diagnostics;
using System.Text.Json;
using Bench.Attention;
using Bench.Attention.Primitives;
using Bench.Attention.SequenceParallel;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Parallel;

/// <summary>What a worker of a sequence-parallel run is asked to do: the first line of its standard input.</summary>
/// <param name="Cell">What to run.</param>
/// <param name="Rank">Which slice.</param>
/// <param name="Workers">W.</param>
/// <param name="Seed">Seed of the inputs, which every worker draws alike.</param>
/// <param name="Rounds">Timed passes after one untimed.</param>
/// <param name="Check">Whether to compare with a pass over the whole sequence.</param>
public sealed record SequenceWorkerRequest(Cell Cell, int Rank, int Workers, int Seed, int Rounds, bool Check);

/// <summary>What a worker found.</summary>
/// <param name="BytesForward">Bytes that it sent in a forward pass.</param>
/// <param name="BytesBackward">Bytes that it sent in a backward pass.</param>
/// <param name="Seconds">Time of each forward and backward pass.</param>
/// <param name="Error">Largest difference of outputs and gradients to the whole pass over the largest number there; null when not compared.</param>
public sealed record SequenceWorkerResult(long BytesForward, long BytesBackward, IReadOnlyList<double> Seconds, double? Error = null);

/// <summary>One worker process. Says its port, reads everyone's, joins the ring, runs, answers; ends when its input does.</summary>
public static class SequenceWorker
{
    /// <summary>Runs to the end and returns the process's exit code.</summary>
    public static int Run(TextReader input, TextWriter output)
    {
        var request = JsonSerializer.Deserialize<SequenceWorkerRequest>(input.ReadLine() ?? "", WireJson.Strict)!;
        set_num_threads(1);
        using var ring = new SocketRing(request.Rank, request.Workers);
        output.WriteLine(JsonSerializer.Serialize(ring.Port, WireJson.Strict));
        output.Flush();
        var ports = JsonSerializer.Deserialize<int[]>(input.ReadLine() ?? "", WireJson.Strict)!;
        ChildMain.EndWithParent(input);
        ring.Connect(ports[(request.Rank + 1) % request.Workers]);
        output.WriteLine(JsonSerializer.Serialize(Work(request, ring), WireJson.Strict));
        output.Flush();
        return 0;
    }

    /// <summary>Runs one worker's share.</summary>
    public static SequenceWorkerResult Work(SequenceWorkerRequest request, IWorkerRing ring)
    {
        using var scope = NewDisposeScope();
        var cell = request.Cell;
        var shape = Workload.Shape(cell);
        manual_seed(request.Seed);
        var attention = AttentionCatalogue.CreateOperator(cell.Implementation, SequenceTask.Settings(cell), cell.Options);
        attention.eval();
        var inputs = AttentionInputs.Draw(attention, shape, request.Seed, Workload.Dtype(cell.Dtype), CPU);
        var cotangent = randn(inputs.Value.shape, generator: new Generator((ulong)request.Seed)).to(inputs.Value.dtype);
        var whole = attention is RecurrenceOperator recurrent ? recurrent.RecurrenceOf(inputs).Featured() : null;
        long length = cell.Length / request.Workers, start = request.Rank * length;
        Tensor Own(Tensor tensor) => tensor.narrow(2, start, length).contiguous();
        ParallelPass Forward() => whole is null
            ? RingAttention.Forward(ring, Own(inputs.Query), Own(inputs.Key), Own(inputs.Value))
            : Lasp2.Forward(ring, whole.Slice(start, length, null, null), FusedForm.Instance);

        var before = ring.BytesSent;
        var first = Forward();
        var forward = ring.BytesSent - before;
        var gradients = first.Backward(Own(cotangent));
        var backward = ring.BytesSent - before - forward;
        double? error = request.Check ? Error(attention, whole, inputs, cotangent, [first.Output, .. gradients], start, length) : null;
        var seconds = new List<double>();
        for (var round = 0; round < request.Rounds; round++)
        {
            using var inner = NewDisposeScope();
            var clock = Stopwatch.GetTimestamp();
            Forward().Backward(Own(cotangent));
            seconds.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
        }

        return new SequenceWorkerResult(forward, backward, seconds, error);
    }

    /// <summary>Largest relative difference of this slice's output and gradients to those of one process.</summary>
    private static double Error(
        AttentionOperator attention, Recurrence? whole, AttentionInputs inputs, Tensor cotangent, List<Tensor> found, long start, long length)
    {
        Tensor Leaf(Tensor tensor) => tensor.detach().requires_grad_(true);
        List<Tensor> leaves;
        Tensor output;
        if (whole is null)
        {
            leaves = [Leaf(inputs.Query), Leaf(inputs.Key), Leaf(inputs.Value)];
            output = attention.forward(inputs with { Query = leaves[0], Key = leaves[1], Value = leaves[2] });
        }
        else
        {
            var key = whole.Key.shape;
            var decay = whole.LogDecay is { } given ? Leaf(given.expand(key[0], key[1], key[2], given.shape[3])) : null;
            var alone = whole with { Query = Leaf(whole.Query), Key = Leaf(whole.Key), Value = Leaf(whole.Value), LogDecay = decay };
            leaves = [alone.Query, alone.Key, alone.Value, .. decay is null ? Array.Empty<Tensor>() : [decay]];
            output = FusedForm.Instance.Run(alone).Output;
        }

        List<Tensor> expected = [output, .. autograd.grad([output], leaves, [cotangent])];
        return expected.Zip(found, (a, b) =>
        {
            var difference = (a.detach().narrow(2, start, length) - b).abs().max().to(ScalarType.Float64).item<double>();
            return difference / a.detach().abs().max().to(ScalarType.Float64).item<double>();
        }).Max();
    }
}
