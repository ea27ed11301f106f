using System.Diagnostics;
using Bench.Attention;
using Bench.Attention.Primitives;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// Stands between an implementation and its first number: on the cell's own shape the output must equal the mechanism's plain implementation
/// in double precision, be finite, fresh and of the right shape, and the inputs must be unchanged.
/// </summary>
public sealed class CorrectnessGate
{
    /// <summary>Most numbers the double-precision reference may hold at its peak; beyond it only some query rows are compared.</summary>
    private const double MostReferenceElements = 1.5e8;

    /// <summary>The same with gradients, which keep every intermediate.</summary>
    private const double MostGradientElements = 2e7;

    /// <summary>Where the first passes take longer than this together, fewer sets of inputs are checked and used.</summary>
    private const double LongPassesMilliseconds = 2000;

    /// <summary>With one set a replayed result would show the right fingerprint.</summary>
    private const int LeastSets = 2;

    /// <summary>
    /// Tokens that later processes of a run compare with the reference: the first one has compared the whole shape, and the comparison must not
    /// take longer than the measurement.
    /// </summary>
    private const int BriefTokens = 1024;

    private const int SampledRows = 64;
    private const int FingerprintSize = 64;

    private readonly Workload _workload;
    private readonly string _implementation;
    private readonly IReadOnlyDictionary<string, string> _options;
    private readonly long[] _positions;
    private readonly Dictionary<int, double[]> _fingerprints = [];
    private readonly List<double> _passMilliseconds = [];
    private readonly double _tolerance;
    private readonly bool _isBrief;

    private CorrectnessGate(Workload workload, string implementation, IReadOnlyDictionary<string, string> options, int seed, bool isBrief)
    {
        (_workload, _implementation, _options, _isBrief) = (workload, implementation, options, isBrief);
        _tolerance = Tolerance(workload.ElementType);
        // Which numbers are looked at is decided by the seed, so an implementation cannot know them.
        var random = new CounterRandom(seed, stream: 77);
        var elements = (int)Math.Min(int.MaxValue, workload.Cotangent.numel());
        _positions = [.. Enumerable.Range(0, Math.Min(elements, FingerprintSize)).Select(_ => (long)random.Next(elements)).Order()];
    }

    /// <summary>What was compared, and how far apart it was.</summary>
    public CorrectnessReport Report { get; private set; } = new() { Checked = false };

    /// <summary>Times of the implementation's own forward passes on whole sets of inputs: the first warm-up of a task that times just these.</summary>
    public IReadOnlyList<double> PassMilliseconds => _passMilliseconds;

    /// <summary>Largest difference over the reference's largest magnitude that an element type may show.</summary>
    public static double Tolerance(ScalarType dtype) => dtype switch
    {
        ScalarType.Float64 => 1e-9,
        ScalarType.Float32 => 5e-4,
        ScalarType.Float16 => 5e-3,
        _ => 4e-2,
    };

    /// <summary>Checks every set of inputs once and remembers fingerprints of the right outputs for <see cref="CheckRepetition"/>.</summary>
    /// <param name="workload">What is about to be timed.</param>
    /// <param name="implementation">Its id, or the id whose reference it must equal.</param>
    /// <param name="options">Options of the implementation, which its reference shares.</param>
    /// <param name="seed">Chooses the sampled rows and elements; unknown to the implementation.</param>
    /// <param name="isBrief">Whether an earlier process of the same run has compared the whole shape, so that a shorter sequence suffices here.</param>
    /// <exception cref="CellFailedException">With class <see cref="FailureClass.Incorrect"/> and the reason.</exception>
    public static CorrectnessGate Pass(
        Workload workload, string implementation, IReadOnlyDictionary<string, string> options, int seed, bool isBrief = false)
    {
        var gate = new CorrectnessGate(workload, implementation, options, seed, isBrief);
        using var nograd = no_grad();
        for (var set = 0; set < workload.SetCount; set++)
        {
            using var scope = NewDisposeScope();
            var output = gate.CheckLaws(set);
            if (gate._passMilliseconds.Sum() > LongPassesMilliseconds)
            {
                workload.KeepSets(Math.Max(set + 1, LeastSets));
            }

            gate._fingerprints[set] = OutputMemory.At(output, gate._positions);
            if (set == 0)
            {
                gate.CompareWithReference(output, seed);
            }
        }

        return gate;
    }

    /// <summary>
    /// After the clock stopped: the repetition's output must show the fingerprint of its own inputs. Catches results that are replayed, partly
    /// computed, or still being written when the call has returned.
    /// </summary>
    /// <exception cref="CellFailedException">With class <see cref="FailureClass.Incorrect"/>.</exception>
    public void CheckRepetition(int set, Tensor output)
    {
        var expected = _fingerprints[set % _workload.SetCount];
        var found = OutputMemory.At(output, _positions);
        double scale = 1e-12, difference = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            scale = Math.Max(scale, Math.Abs(expected[i]));
            // Max would swallow a NaN; the comparison below must see it.
            difference = double.IsNaN(found[i]) ? double.NaN : Math.Max(difference, Math.Abs(found[i] - expected[i]));
        }

        var error = difference / scale;
        if (!(error <= 2 * _tolerance))
        {
            throw Incorrect(
                $"A timed repetition returned other numbers than the checked pass on the same inputs (relative difference {error:0.0e+0}): "
                + "the result was replayed, is incomplete, or was still being written when the call returned.");
        }
    }

    /// <summary>Shape, finiteness, freshness, untouched inputs.</summary>
    private Tensor CheckLaws(int set)
    {
        var before = _workload.Tensors(set).Select(pair => (pair.Key, Tensor: pair.Value, Copy: pair.Value.clone())).ToList();
        var start = Stopwatch.GetTimestamp();
        var output = _workload.Forward(set);
        _workload.Synchronize();
        _passMilliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        if (!output.shape.SequenceEqual(_workload.Cotangent.shape))
        {
            throw Incorrect($"The output is [{string.Join(", ", output.shape)}], it must be [{string.Join(", ", _workload.Cotangent.shape)}].");
        }

        var bad = output.numel() - output.isfinite().sum().item<long>();
        if (bad > 0)
        {
            Report = Report with { NonFinite = bad };
            throw Incorrect($"{bad} of {output.numel()} output numbers are NaN or infinite.");
        }

        foreach (var (name, tensor, copy) in before)
        {
            if (!tensor.equal(copy).all().item<bool>())
            {
                throw Incorrect($"The pass changed its input '{name}'.");
            }

            if (_workload.Target.type == DeviceType.CPU && OutputMemory.Overlap(tensor, output))
            {
                throw Incorrect($"The output shares memory with the input '{name}'.");
            }
        }

        return output;
    }

    /// <summary>
    /// Compares the gradients of all inputs with the reference's in double precision; on a shorter sequence where the reference's full pass would
    /// not fit.
    /// </summary>
    /// <exception cref="CellFailedException">With class <see cref="FailureClass.Incorrect"/>.</exception>
    public void CheckGradients()
    {
        using var scope = NewDisposeScope();
        using var oracle = Oracle();
        var (ours, theirs, inputs) = oracle switch
        {
            AttentionOperator plain => OperatorGradients(plain),
            AttentionLayer layer => LayerGradients(layer),
            _ => throw new InvalidOperationException($"{oracle.GetType().Name} is neither an operator nor a layer."),
        };
        for (var i = 0; i < inputs.Count; i++)
        {
            // A gradient of zero may be left out by the graph; that is not an error.
            var expected = theirs[i] ?? zeros(1, dtype: ScalarType.Float64);
            var found = ours[i]?.cpu().to(ScalarType.Float64) ?? zeros(1, dtype: ScalarType.Float64);
            var scale = Math.Max(expected.abs().max().item<double>(), 1e-12);
            var error = (found - expected).abs().max().item<double>() / scale;
            // Backward passes round more often than forward ones; the golden cases allow ten times as much, too.
            if (!(error <= 10 * _tolerance))
            {
                throw Incorrect(
                    $"The gradient with respect to '{inputs[i]}' differs from the reference in double precision by {error:0.0e+0} of its largest "
                    + $"value; {10 * _tolerance:0.0e+0} is allowed.");
            }
        }
    }

    private (IReadOnlyList<Tensor?> Ours, IReadOnlyList<Tensor?> Theirs, IReadOnlyList<string> Names) OperatorGradients(AttentionOperator plain)
    {
        var shape = Fitting(shape => plain.Cost(shape).ActivationElements + AttentionCost.InputOutputElements(shape) + KeptStates(plain, shape), MostGradientElements);
        var cut = Truncate(_workload.OperatorInputs(0)!, shape.Length, shape.SourceLength);
        var cotangent = _workload.Cotangent.narrow(2, 0, shape.Length);
        var names = cut.Differentiable().Select(pair => pair.Key).ToList();
        var (mine, reference) = (Fresh(cut, tensor => tensor.detach()), Fresh(cut, Double));
        _workload.SeedDraws(0);
        var ours = Gradients(((AttentionOperator)_workload.Module).forward(mine), cotangent, mine.Differentiable());
        _workload.SeedDraws(0);
        return (ours, Gradients(plain.forward(reference), Double(cotangent), reference.Differentiable()), names);
    }

    /// <summary>The cell's shape, or the longest of its halves, quarters … on which the reference holds at most so many numbers.</summary>
    private AttentionShape Fitting(Func<AttentionShape, double> elements, double most)
    {
        var whole = _workload.CellShape;
        var (length, limit) = (Math.Max(whole.Length, whole.SourceLength), _isBrief ? BriefTokens : int.MaxValue);
        AttentionShape Cut() => whole with { Length = Math.Min(length, whole.Length), SourceLength = Math.Min(length, whole.SourceLength) };
        while (length > 1 && (length > limit || elements(Cut()) > most))
        {
            length /= 2;
        }

        return Cut();
    }

    /// <summary>Numbers that a graph keeps of a recurrence's states: some of them for every token.</summary>
    private static double KeptStates(AttentionOperator plain, AttentionShape shape) =>
        plain is RecurrenceOperator ? 4.0 * shape.Rows * shape.HeadSize * shape.ValueSize * shape.SourceLength : 0;

    private (IReadOnlyList<Tensor?> Ours, IReadOnlyList<Tensor?> Theirs, IReadOnlyList<string> Names) LayerGradients(AttentionLayer layer)
    {
        var inputs = _workload.LayerInputs(0)!;
        LayerInputs Fresh(Func<Tensor, Tensor> copy) => inputs with
        {
            Hidden = copy(inputs.Hidden).requires_grad_(true),
            Context = inputs.Context is { } context ? copy(context).requires_grad_(true) : null,
        };
        static IEnumerable<KeyValuePair<string, Tensor>> Leaves(LayerInputs each) => each.Context is { } context
            ? [KeyValuePair.Create("x", each.Hidden), KeyValuePair.Create("context", context)]
            : [KeyValuePair.Create("x", each.Hidden)];
        var (mine, reference) = (Fresh(tensor => tensor.detach().alias()), Fresh(Double));
        return (
            Gradients(((AttentionLayer)_workload.Module).forward(mine), _workload.Cotangent, Leaves(mine)),
            Gradients(layer.forward(reference), Double(_workload.Cotangent), Leaves(reference)),
            [.. Leaves(mine).Select(pair => pair.Key)]);
    }

    private static AttentionInputs Fresh(AttentionInputs inputs, Func<Tensor, Tensor> copy) =>
        inputs.Map(tensor => copy(tensor).alias().requires_grad_(true));

    private static List<Tensor?> Gradients(Tensor output, Tensor cotangent, IEnumerable<KeyValuePair<string, Tensor>> leaves)
    {
        autograd.backward([output], [cotangent]);
        return [.. leaves.Select(leaf => leaf.Value.grad)];
    }

    /// <summary>The mechanism's reference in double precision with the workload's weights.</summary>
    private nn.Module Oracle()
    {
        var reference = AttentionCatalogue.ReferenceOf(_implementation.Split('/')[0]);
        var settings = _workload.Module is AttentionOperator attention ? attention.Settings : ((AttentionLayer)_workload.Module).Settings;
        if (!reference.Supports(settings.Pattern))
        {
            reference = AttentionCatalogue.Get(_implementation);
        }

        // Options that only steer an implementation (chunk sizes) may be unknown to its reference.
        var shared = _options.Where(option => reference.DefaultOptions().ContainsKey(option.Key)).ToDictionary();
        nn.Module oracle = reference.IsLayer
            ? AttentionCatalogue.CreateLayer(reference.Id, settings, shared)
            : AttentionCatalogue.CreateOperator(reference.Id, settings, shared);
        oracle.to(ScalarType.Float64);
        oracle.eval();
        CopyWeights(_workload.Module, oracle);
        return oracle;
    }

    private void CompareWithReference(Tensor output, int seed)
    {
        using var oracle = Oracle();
        var (expected, found) = oracle switch
        {
            AttentionOperator plain => Expected(plain, output, seed),
            AttentionLayer layer => (layer.forward(Double(_workload.LayerInputs(0)!)), output),
            _ => throw new InvalidOperationException($"{oracle.GetType().Name} is neither an operator nor a layer."),
        };
        using var scope = NewDisposeScope();
        var difference = (found.cpu().to(ScalarType.Float64) - expected).abs();
        var scale = Math.Max(expected.abs().max().item<double>(), 1e-12);
        var absolute = difference.max().item<double>();
        Report = new CorrectnessReport
        {
            Checked = true,
            MaxAbsError = absolute,
            MaxRelError = absolute / scale,
            Tolerance = _tolerance,
            Compared = expected.numel(),
        };
        if (!(absolute / scale <= _tolerance))
        {
            throw Incorrect(
                $"The output differs from {AttentionCatalogue.ReferenceOf(_implementation.Split('/')[0]).Id} in double precision by {absolute / scale:0.0e+0} of its largest value; "
                + $"{_tolerance:0.0e+0} is allowed.");
        }
    }

    /// <summary>The reference's output, whole where it fits, otherwise on sampled query rows; and ours on the same rows.</summary>
    private (Tensor Expected, Tensor Found) Expected(AttentionOperator plain, Tensor output, int seed)
    {
        var inputs = Double(_workload.OperatorInputs(0)!);
        var shape = _workload.CellShape;
        _workload.SeedDraws(0);
        var fitting = Fitting(shape => plain.Cost(shape).ActivationElements, MostReferenceElements);
        if (fitting == shape)
        {
            return (plain.forward(inputs), output);
        }

        using var generator = new Generator((ulong)seed + 99);
        var rows = randperm(shape.Length, dtype: ScalarType.Int64, generator: generator).narrow(0, 0, Math.Min(SampledRows, shape.Length)).sort().Values;
        if (plain.Rows(inputs, rows) is { } sampled)
        {
            return (sampled, output.index_select(2, rows.to(output.device)));
        }

        // No way to compute single rows: compare a shorter sequence, on which the implementation runs once more.
        var shorter = Truncate(_workload.OperatorInputs(0)!, fitting.Length, fitting.SourceLength);
        var expected = plain.forward(Double(shorter));
        _workload.SeedDraws(0);
        return (expected, ((AttentionOperator)_workload.Module).forward(shorter));
    }

    private AttentionInputs Truncate(AttentionInputs inputs, int queries, int keys)
    {
        Tensor Cut(Tensor tensor, string axes)
        {
            var names = axes.Split(' ');
            for (var axis = 0; axis < names.Length; axis++)
            {
                tensor = names[axis] switch
                {
                    "N" => tensor.narrow(axis, 0, queries),
                    "M" => tensor.narrow(axis, 0, keys),
                    _ => tensor,
                };
            }

            return tensor;
        }

        var axes = ((AttentionOperator)_workload.Module).Inputs.ToDictionary(spec => spec.Name, spec => spec.Axes);
        return inputs with
        {
            Query = Cut(inputs.Query, axes["q"]),
            Key = Cut(inputs.Key, axes["k"]),
            Value = Cut(inputs.Value, axes["v"]),
            Named = inputs.Named.ToDictionary(pair => pair.Key, pair => axes.TryGetValue(pair.Key, out var a) ? Cut(pair.Value, a) : pair.Value),
        };
    }

    private static AttentionInputs Double(AttentionInputs inputs) => inputs with
    {
        Query = Double(inputs.Query),
        Key = Double(inputs.Key),
        Value = Double(inputs.Value),
        Named = inputs.Named.ToDictionary(pair => pair.Key, pair => pair.Value.is_floating_point() ? Double(pair.Value) : pair.Value.cpu()),
    };

    private static LayerInputs Double(LayerInputs inputs) =>
        inputs with { Hidden = Double(inputs.Hidden), Context = inputs.Context is { } context ? Double(context) : null };

    private static Tensor Double(Tensor tensor) => tensor.detach().cpu().to(ScalarType.Float64);

    private static void CopyWeights(nn.Module from, nn.Module to)
    {
        using var nograd = no_grad();
        var source = from.state_dict();
        foreach (var (name, target) in to.state_dict())
        {
            if (source.TryGetValue(name, out var tensor))
            {
                target.copy_(tensor);
            }
        }
    }

    private CellFailedException Incorrect(string what) => new(
        FailureClass.Incorrect, $"{_implementation} failed the correctness gate. {what}",
        "No number is stored. Compare it with its reference: bench conformance, and the law tests of the implementation.");
}
