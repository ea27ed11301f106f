using System.Diagnostics;
using Bench.Attention;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Scaling;

/// <summary>Seconds of one kind of work, one number a round.</summary>
public sealed class ScalingSeries
{
    private readonly List<double> _seconds = [];

    /// <summary>In the order of rounds.</summary>
    public IReadOnlyList<double> Seconds => _seconds;

    /// <summary>Median over rounds.</summary>
    public double Median => Quantiles.Median(_seconds);

    /// <summary>The quickest round.</summary>
    public double Quickest => _seconds.Min();

    internal void Add(double seconds) => _seconds.Add(seconds);
}

/// <summary>Kinds of work around one operator that take turns: a round does each of them once.</summary>
internal sealed class ScalingBench : IDisposable
{
    private const int MatrixSize = 768;
    private const int ShareTries = 3;
    private const int DecodeTries = 9;
    private const int MostTries = 10;

    /// <summary>A sample shorter than this holds several calls: the clock and the dispose scope would show otherwise.</summary>
    private const double LeastSampleSeconds = 0.005;

    private readonly Cell _cell;
    private readonly AttentionOperator _attention;
    private readonly AttentionOperator _baseline;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<(Action Work, int Calls, int Tries, ScalingSeries Series)> _works = [];
    private readonly Dictionary<int, AttentionInputs> _inputs = [];
    private readonly List<AttentionState> _states = [];
    private readonly CoreProbe _core = new();
    private readonly int _seed;

    public ScalingBench(Cell cell, AttentionSettings settings, string baseline, int seed)
    {
        (_cell, _seed) = (cell, seed);
        manual_seed(seed);
        _attention = AttentionCatalogue.CreateOperator(cell.Implementation, settings, cell.Options);
        _baseline = AttentionCatalogue.CreateOperator(baseline, settings);
        foreach (var module in new[] { _attention, _baseline })
        {
            module.to(Workload.Dtype(cell.Dtype));
            module.eval();
        }
    }

    /// <summary>Floating-point operations of the matrix product.</summary>
    public static double MatrixProductFlops => 2.0 * MatrixSize * MatrixSize * MatrixSize;

    /// <summary>Useful floating-point operations of a forward pass.</summary>
    public double Flops(int length) => _attention.Cost(Shape(length)).Flops;

    /// <summary>The ruler: the best of a few large matrix products.</summary>
    public ScalingSeries AddMatrixProduct()
    {
        var dtype = Workload.Dtype(_cell.Dtype);
        var (a, b) = (randn(MatrixSize, MatrixSize).to(dtype), randn(MatrixSize, MatrixSize).to(dtype));
        return Add(() => a.matmul(b).Dispose(), 1, ShareTries);
    }

    /// <summary>Multiply-adds in registers, beside the ruler: what part of the hardware's peak that product reaches.</summary>
    public ScalingSeries AddMultiplyAdds() => Add(() => MultiplyAddLoop.Pass(), 1, ShareTries);

    /// <summary>A forward pass without gradients, of a length whose passes are compared with the ruler or with each other: the quickest of as many tries.</summary>
    public ScalingSeries AddLongForward(int length) => AddPass(_attention, length, ShareTries);

    /// <summary>A forward pass without gradients.</summary>
    public ScalingSeries AddForward(int length) => AddPass(_attention, length);

    /// <summary>A forward pass of the baseline on the same queries, keys and values.</summary>
    public ScalingSeries AddBaseline(int length) => AddPass(_baseline, length);

    /// <summary>A forward pass and the gradients of all inputs and weights; the quickest of as many tries as the ruler has.</summary>
    public ScalingSeries AddForwardBackward(int length) => Add(ForwardBackward(length), 1, ShareTries);

    /// <summary>The work of <see cref="AddForwardBackward"/>.</summary>
    public Action ForwardBackward(int length)
    {
        var inputs = Inputs(length).Map(tensor => tensor.detach().requires_grad_(true));
        var cotangent = randn(inputs.Value.shape).to(inputs.Value.dtype);
        return () =>
        {
            using var scope = NewDisposeScope();
            var output = _attention.forward(inputs);
            autograd.backward([output], [cotangent]);
            foreach (var leaf in inputs.Differentiable().Select(pair => pair.Value).Concat(_attention.parameters()))
            {
                if (leaf.grad is { } gradient)
                {
                    leaf.grad = null;
                    gradient.Dispose();
                }
            }
        };
    }

    /// <summary>A decode step after this many tokens; the prefix grows by a token a step.</summary>
    public ScalingSeries AddDecode(int prefix)
    {
        using var nograd = no_grad();
        var (output, state) = _attention.Prefill(Inputs(prefix));
        output.Dispose();
        _states.Add(state);
        var token = Inputs(1);
        return Add(
            () =>
            {
                using var inner = no_grad();
                _attention.Step(token, state).Dispose();
            },
            null,
            DecodeTries);
    }

    /// <summary>
    /// Every kind of work once, in turn. Kinds that have several tries take turns try by try, so that a machine that changes its pace within a round changes it
    /// for all of them.
    /// </summary>
    public void Round(bool keep)
    {
        foreach (var group in _works.GroupBy(one => one.Tries))
        {
            var works = group.ToList();
            var quickest = works.ConvertAll(_ => double.PositiveInfinity);
            for (var attempt = 0; attempt < group.Key; attempt++)
            {
                for (var i = 0; i < works.Count; i++)
                {
                    quickest[i] = Math.Min(quickest[i], Sample(works[i].Work, works[i].Calls));
                }
            }

            for (var i = 0; i < works.Count && keep; i++)
            {
                works[i].Series.Add(quickest[i]);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _states.ForEach(state => state.Dispose());
        _attention.Dispose();
        _baseline.Dispose();
        _scope.Dispose();
    }

    private ScalingSeries AddPass(AttentionOperator attention, int length, int tries = 1)
    {
        var inputs = Inputs(length);
        return Add(
            () =>
            {
                using var nograd = no_grad();
                attention.forward(inputs).Dispose();
            },
            null,
            tries);
    }

    /// <param name="work">The work.</param>
    /// <param name="calls">Calls of a sample; null finds out how many the clock needs.</param>
    /// <param name="tries">Samples of a round, of which the quickest counts.</param>
    private ScalingSeries Add(Action work, int? calls, int tries = 1)
    {
        if (calls is null)
        {
            Seconds(work, 2);
            calls = (int)Math.Clamp(Math.Ceiling(LeastSampleSeconds / Seconds(work, 1)), 1, 1_000);
        }

        var series = new ScalingSeries();
        _works.Add((work, calls.Value, tries, series));
        return series;
    }

    private double Sample(Action work, int calls)
    {
        if (calls > 1)
        {
            // Work of some microseconds would otherwise pay for the caches that the work before it emptied.
            work();
        }

        return QuietSeconds(work, calls);
    }

    /// <summary>Seconds of a call on a core that is not shared before or after; of the quickest sample, where none of several tries is so.</summary>
    private double QuietSeconds(Action work, int calls)
    {
        var best = double.PositiveInfinity;
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            var isShared = _core.IsShared();
            var seconds = Seconds(work, calls);
            if (!_core.IsShared() && !isShared)
            {
                return seconds;
            }

            best = Math.Min(best, seconds);
        }

        return best;
    }

    private static double Seconds(Action work, int calls)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
        {
            work();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }

    private AttentionInputs Inputs(int length)
    {
        if (!_inputs.TryGetValue(length, out var inputs))
        {
            inputs = AttentionInputs.Draw(_attention, Shape(length), _seed, Workload.Dtype(_cell.Dtype), CPU);
            _inputs.Add(length, inputs);
        }

        return inputs;
    }

    private AttentionShape Shape(int length) =>
        AttentionShape.Square(_cell.Pattern, _cell.Batch, _cell.Heads, length, _cell.HeadSize);
}
