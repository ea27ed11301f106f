using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

/// <summary>A catalogue entry built for a law: operators and layers behind one face, inputs by name.</summary>
internal sealed class Subject
{
    private readonly AttentionOperator? _operator;
    private readonly AttentionLayer? _layer;
    private readonly AttentionEntry _entry;

    /// <summary>Sizes that reach beyond one block, window or chunk already at a few dozen tokens; by option name.</summary>
    internal static readonly Dictionary<string, string> Small = new()
    {
        ["window"] = "3",
        ["block"] = "4",
        ["blockSize"] = "4",
        ["chunk"] = "4",
        ["chunkSize"] = "4",
        ["bucket"] = "4",
        ["segment"] = "4",
        ["landmarks"] = "4",
        ["stride"] = "4",
        ["features"] = "6",
        ["memory"] = "8",
        ["memoryLength"] = "8",
        ["rank"] = "5",
        ["hashes"] = "2",
        ["modes"] = "3",
        ["topBlocks"] = "3",
        ["clusters"] = "3",
        ["minBudget"] = "8",
        ["keep"] = "8",
        ["queryBlock"] = "2",
        ["keyBlock"] = "1",
        ["group"] = "2",
        ["local"] = "3",
        ["sink"] = "2",
        ["prompt"] = "6",
        ["period"] = "4",
    };

    private Subject(AttentionEntry entry, AttentionSettings settings, bool layer, IReadOnlyDictionary<string, string> options, ScalarType dtype)
    {
        _entry = entry;
        // Shapes are small: a second thread would only wait for the first, and sums in one order are reproducible.
        set_num_threads(1);
        manual_seed(11);
        if (layer)
        {
            _layer = AttentionCatalogue.CreateLayer(entry.Id, settings, options);
        }
        else
        {
            _operator = AttentionCatalogue.CreateOperator(entry.Id, settings, options);
        }

        Module.to(dtype);
        Module.eval();
        Dtype = dtype;
    }

    public static Subject Build(
        string id, AttentionPattern pattern, string level, ScalarType dtype = ScalarType.Float64, bool small = false, int heads = 2, int headSize = 8)
    {
        var entry = AttentionCatalogue.Get(id);
        var options = small
            ? entry.DefaultOptions().Keys.Where(Small.ContainsKey).ToDictionary(name => name, name => Small[name])
            : [];
        return new Subject(entry, new AttentionSettings(pattern, heads, headSize) { MaxLength = 1024 }, level == "layer", options, dtype);
    }

    public ScalarType Dtype { get; }

    public nn.Module Module => (nn.Module?)_operator ?? _layer!;

    public AttentionSettings Settings => _operator?.Settings ?? _layer!.Settings;

    public AttentionPattern Pattern => Settings.Pattern;

    public bool Decodes => _operator?.Decodes ?? _layer!.Decodes;

    /// <summary>Axis of the query's tokens in the output.</summary>
    public int OutputAxis => _layer is null ? 2 : 1;

    public AttentionShape Shape(int batch, int n, int m) =>
        new(Pattern, batch, Settings.Heads, n, m, Settings.HeadSize, Settings.ValueSize);

    public long StateSize(AttentionShape shape) => _operator?.StateSize(shape) ?? _layer!.StateSize(shape);

    public AttentionCost Cost(AttentionShape shape) => _operator?.Cost(shape) ?? _layer!.Cost(shape);

    /// <summary>Skips the test aloud when the implementation says that it cannot run this shape.</summary>
    public void MustFit(int batch, int n, int m)
    {
        if ((_operator is null ? _layer!.WhyNot(Shape(batch, n, m)) : _operator.WhyNot(Shape(batch, n, m))) is { } reason)
        {
            Assert.Skip($"{_entry.Id} says: {reason}");
        }
    }

    public Dictionary<string, Tensor> Draw(int batch, int n, int m, int seed = 3)
    {
        if (_operator is not null)
        {
            var drawn = AttentionInputs.Draw(_operator, Shape(batch, n, m), seed, Dtype, CPU);
            return new[] { ("q", drawn.Query), ("k", drawn.Key), ("v", drawn.Value) }
                .Concat(drawn.Named.Select(pair => (pair.Key, pair.Value))).ToDictionary(pair => pair.Item1, pair => pair.Item2);
        }

        using var generator = new Generator((ulong)seed, CPU);
        Tensor Hidden(int length) => randn([batch, length, Settings.ModelSize], generator: generator).to(Dtype);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Hidden(n) };
        if (Pattern.IsCross)
        {
            inputs["context"] = Hidden(m);
        }

        return inputs;
    }

    public Tensor Forward(IReadOnlyDictionary<string, Tensor> inputs, Tensor? keyMask = null, int? seed = 5)
    {
        if (seed is { } value)
        {
            manual_seed(value);
        }

        return _operator?.forward(Operator(inputs, keyMask)) ?? _layer!.forward(Layer(inputs, keyMask));
    }

    public (Tensor Output, AttentionState State) Prefill(IReadOnlyDictionary<string, Tensor> inputs)
    {
        manual_seed(5);
        return _operator?.Prefill(Operator(inputs, null)) ?? _layer!.Prefill(Layer(inputs, null));
    }

    public Tensor Step(IReadOnlyDictionary<string, Tensor> token, AttentionState state)
    {
        manual_seed(5);
        return _operator?.Step(Operator(token, null), state) ?? _layer!.Step(Layer(token, null), state);
    }

    /// <summary>Axis of tokens of an input, or -1.</summary>
    public int TokenAxis(string name)
    {
        if (_operator is null)
        {
            return 1;
        }

        var axes = _operator.Inputs.Single(spec => spec.Name == name).Axes.Split(' ');
        return Array.FindIndex(axes, axis => axis is "N" or "M");
    }

    /// <summary>Axis of heads of an input, or -1.</summary>
    public int HeadAxis(string name) =>
        Array.FindIndex(_operator!.Inputs.Single(spec => spec.Name == name).Axes.Split(' '), axis => axis is "H" or "K");

    /// <summary>Axis of the batch of an input, or -1.</summary>
    public int BatchAxis(string name) =>
        _operator is null ? 0 : Array.IndexOf(_operator.Inputs.Single(spec => spec.Name == name).Axes.Split(' '), "B");

    /// <summary>Whether the input's tokens are those of the query sequence: all inputs of self patterns.</summary>
    public bool IsQuerySide(string name) => !Pattern.IsCross
        || (_operator is null ? name == "x" : _operator.Inputs.Single(spec => spec.Name == name).Axes.Split(' ').Contains("N"));

    /// <summary>The query-side tokens from a position on; the source stays whole.</summary>
    public Dictionary<string, Tensor> Tokens(IReadOnlyDictionary<string, Tensor> inputs, long from, long count) => inputs.ToDictionary(
        pair => pair.Key,
        pair => IsQuerySide(pair.Key) && TokenAxis(pair.Key) is var axis and >= 0 ? pair.Value.narrow(axis, from, count) : pair.Value);

    /// <summary>Copies with one span of tokens moved by another valid draw.</summary>
    public Dictionary<string, Tensor> Replace(
        IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> other, Func<string, bool> which, long from)
    {
        var changed = new Dictionary<string, Tensor>();
        foreach (var (name, tensor) in inputs)
        {
            var axis = TokenAxis(name);
            changed[name] = !which(name) || axis < 0 || from >= tensor.shape[axis]
                ? tensor.detach().clone()
                : cat([tensor.detach().narrow(axis, 0, from), other[name].narrow(axis, from, tensor.shape[axis] - from)], axis);
        }

        return changed;
    }

    /// <summary>Inputs as leaves of the graph, with the module's parameters.</summary>
    public Dictionary<string, Tensor> Leaves(IReadOnlyDictionary<string, Tensor> inputs)
    {
        var leaves = new OwnedLeaves(this);
        foreach (var (name, tensor) in inputs.Where(pair => pair.Value.is_floating_point()))
        {
            leaves[name] = tensor.requires_grad_(true);
        }

        foreach (var (name, parameter) in Module.named_parameters())
        {
            leaves[$"param.{name}"] = parameter;
        }

        return leaves;
    }

    private static AttentionInputs Operator(IReadOnlyDictionary<string, Tensor> inputs, Tensor? keyMask) => new(inputs["q"], inputs["k"], inputs["v"])
    {
        KeyMask = keyMask,
        Named = inputs.Where(pair => pair.Key is not ("q" or "k" or "v")).ToDictionary(pair => pair.Key, pair => pair.Value),
    };

    private static LayerInputs Layer(IReadOnlyDictionary<string, Tensor> inputs, Tensor? keyMask) => new(inputs["x"])
    {
        Context = inputs.GetValueOrDefault("context"),
        KeyMask = keyMask,
    };

    /// <summary>Keeps the module alive with its leaves: TorchSharp's LayerNorm frees its weights when it is collected, whoever still holds them.</summary>
    private sealed class OwnedLeaves(Subject owner) : Dictionary<string, Tensor>
    {
        public Subject Owner { get; } = owner;
    }
}
