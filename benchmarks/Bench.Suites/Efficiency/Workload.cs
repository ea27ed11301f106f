using System.Reflection;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// An implementation with weights and several sets of inputs on a cell's shape: what the efficiency tasks time, gate and weigh. Operators take
/// q, k, v; implementations that exist only as a whole layer take hidden states.
/// </summary>
public sealed class Workload : IDisposable
{
    /// <summary>Sets of inputs to rotate through, so that no repetition can reuse the result of the one before.</summary>
    private const int MostSets = 4;

    private readonly nn.Module _module;
    private readonly DisposeScope _scope;
    private readonly List<object> _sets = [];
    private readonly int _seed;
    private readonly bool _draws;

    /// <summary>Builds the implementation that a cell names.</summary>
    public Workload(Cell cell, int seed)
        : this(Shape(cell), Dtype(cell.Dtype), device(cell.Device), seed, settings => Build(cell, settings), differentiable: false)
    {
    }

    private Workload(
        AttentionShape shape, ScalarType dtype, Device device, int seed, Func<AttentionSettings, nn.Module> build, bool differentiable)
    {
        (CellShape, ElementType, Target) = (shape, dtype, device);
        _scope = NewDisposeScope();
        manual_seed(seed);
        _module = build(new AttentionSettings(shape.Pattern, shape.Heads, shape.HeadSize)
        {
            ValueSize = shape.ValueSize,
            MaxLength = Math.Max(shape.Length, shape.SourceLength),
        });
        (_seed, _draws) = (seed, _module.GetType().GetCustomAttribute<AttentionAttribute>()?.Random ?? false);
        _module.to(dtype).to(device);
        _module.eval();
        for (var i = 0; i < Sets(shape, dtype); i++)
        {
            _sets.Add(DrawInputs(seed + i, differentiable));
        }

        Cotangent = randn(OutputSizes(), dtype: ScalarType.Float32, generator: new Generator((ulong)seed)).to(dtype).to(device);
    }

    /// <summary>A workload around a module that is already built; for implementations that are not in the catalogue.</summary>
    public static Workload Around(nn.Module module, AttentionShape shape, int seed) =>
        new(shape, ScalarType.Float32, CPU, seed, _ => module, differentiable: false);

    /// <summary>Sizes of a call.</summary>
    public AttentionShape CellShape { get; }

    /// <summary>Element type of inputs and weights.</summary>
    public ScalarType ElementType { get; }

    /// <summary>Device of inputs and weights.</summary>
    public Device Target { get; }

    /// <summary>The operator or layer.</summary>
    public nn.Module Module => _module;

    /// <summary>Sets of inputs.</summary>
    public int SetCount => _sets.Count;

    /// <summary>
    /// Goes on with the first sets of inputs only: where passes take seconds, checking more sets than samples will use costs more than measuring.
    /// </summary>
    internal void KeepSets(int count)
    {
        if (count < _sets.Count)
        {
            _sets.RemoveRange(count, _sets.Count - count);
        }
    }

    /// <summary>Gradient of the loss with respect to the output, for backward passes.</summary>
    public Tensor Cotangent { get; }

    /// <summary>Analytic cost of one forward pass.</summary>
    public AttentionCost Cost => _module is AttentionOperator attention ? attention.Cost(CellShape) : ((AttentionLayer)_module).Cost(CellShape);

    /// <summary>Numbers kept per sequence between decode steps.</summary>
    public long StateSize => _module is AttentionOperator attention
        ? attention.StateSize(CellShape)
        : ((AttentionLayer)_module).StateSize(CellShape);

    /// <summary>Whether the implementation decodes this pattern.</summary>
    public bool Decodes => _module is AttentionOperator attention ? attention.Decodes : ((AttentionLayer)_module).Decodes;

    /// <summary>Operator inputs of a set; null for layers.</summary>
    public AttentionInputs? OperatorInputs(int set) => _sets[set % _sets.Count] as AttentionInputs;

    /// <summary>Layer inputs of a set; null for operators.</summary>
    public LayerInputs? LayerInputs(int set) => _sets[set % _sets.Count] as LayerInputs;

    /// <summary>One forward pass on the inputs of a set, in any dispose scope of the caller. Random draws of a pass belong to its set.</summary>
    public Tensor Forward(int set)
    {
        SeedDraws(set);
        return _sets[set % _sets.Count] switch
        {
            AttentionInputs inputs => ((AttentionOperator)_module).forward(inputs),
            LayerInputs inputs => ((AttentionLayer)_module).forward(inputs),
            var other => throw new InvalidOperationException($"{other.GetType().Name} is no set of inputs."),
        };
    }

    /// <summary>Makes the draws of an implementation that is random even in evaluation mode the same each time a set is used.</summary>
    public void SeedDraws(int set)
    {
        if (_draws)
        {
            manual_seed(_seed + (set % _sets.Count));
        }
    }

    /// <summary>Every input tensor of a set by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors(int set) => _sets[set % _sets.Count] switch
    {
        AttentionInputs inputs => inputs.Differentiable(),
        LayerInputs { Context: { } context } inputs => [KeyValuePair.Create("x", inputs.Hidden), KeyValuePair.Create("context", context)],
        LayerInputs inputs => [KeyValuePair.Create("x", inputs.Hidden)],
        _ => [],
    };

    /// <summary>Lets gradients flow to every input, as in training.</summary>
    public void RequireGradients()
    {
        for (var set = 0; set < _sets.Count; set++)
        {
            foreach (var (_, tensor) in Tensors(set))
            {
                tensor.requires_grad_(true);
            }
        }
    }

    /// <summary>Frees the gradients of a set's inputs and of the weights.</summary>
    public void ClearGradients(int set)
    {
        foreach (var (_, tensor) in Tensors(set))
        {
            Clear(tensor);
        }

        foreach (var parameter in _module.parameters())
        {
            Clear(parameter);
        }
    }

    /// <summary>Waits until the device has finished.</summary>
    public void Synchronize()
    {
        if (Target.type == DeviceType.CUDA)
        {
            cuda.synchronize(Target);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _module.Dispose();
        _scope.Dispose();
    }

    /// <summary>The operator or layer that the efficiency tasks measure.</summary>
    private static nn.Module Build(Cell cell, AttentionSettings settings) => AttentionCatalogue.Get(cell.Implementation).IsLayer
        ? AttentionCatalogue.CreateLayer(cell.Implementation, settings, cell.Options)
        : AttentionCatalogue.CreateOperator(cell.Implementation, settings, cell.Options);

    /// <summary>The sizes that a cell asks for.</summary>
    public static AttentionShape Shape(Cell cell) => new(
        cell.Pattern, cell.Batch, cell.Heads, cell.Length, cell.SourceLength ?? cell.Length, cell.HeadSize, cell.HeadSize);

    /// <summary>torch's element type of this name.</summary>
    /// <exception cref="CellFailedException">There is none.</exception>
    public static ScalarType Dtype(string name) => name switch
    {
        "float32" => ScalarType.Float32,
        "float64" => ScalarType.Float64,
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        _ => throw new CellFailedException(
            Domain.Results.FailureClass.InvalidJob, $"'{name}' is no element type.", "Use float32, float64, bfloat16 or float16."),
    };

    private static void Clear(Tensor tensor)
    {
        if (tensor.grad is { } gradient)
        {
            tensor.grad = null;
            gradient.Dispose();
        }
    }

    private static int Sets(AttentionShape shape, ScalarType dtype)
    {
        var bytes = AttentionCost.InputOutputElements(shape) * dtype.ElementSize();
        return (int)Math.Clamp(ProcessMemory.Available() / 16 / bytes, 1, MostSets);
    }

    private object DrawInputs(int seed, bool differentiable)
    {
        if (_module is AttentionOperator attention)
        {
            using var scope = NewDisposeScope();
            var inputs = AttentionInputs.Draw(attention, CellShape, seed, ElementType, Target);
            foreach (var (_, tensor) in inputs.Differentiable())
            {
                tensor.requires_grad_(differentiable).MoveToOuterDisposeScope();
            }

            return inputs;
        }

        using var generator = new Generator((ulong)seed);
        var model = CellShape.Heads * CellShape.HeadSize;
        Tensor Hidden(int length) =>
            randn([CellShape.Batch, length, model], dtype: ScalarType.Float32, generator: generator).to(ElementType).to(Target).requires_grad_(differentiable);
        return new LayerInputs(Hidden(CellShape.Length))
        {
            Context = CellShape.Pattern.IsCross ? Hidden(CellShape.SourceLength) : null,
        };
    }

    private long[] OutputSizes() => _module is AttentionOperator
        ? [CellShape.Batch, CellShape.Heads, CellShape.Length, CellShape.ValueSize]
        : [CellShape.Batch, CellShape.Length, CellShape.Heads * CellShape.HeadSize];
}
