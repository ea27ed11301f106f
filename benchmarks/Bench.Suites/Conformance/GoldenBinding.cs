using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance;

/// <summary>Says which golden mechanism or task names a <see cref="GoldenBinding"/> serves.</summary>
/// <param name="mechanisms">Names as the manifests spell them; <c>family/*</c> serves every name of a family.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class GoldenAttribute(params string[] mechanisms) : Attribute
{
    /// <summary>Names as the manifests spell them.</summary>
    public IReadOnlyList<string> Mechanisms { get; } = mechanisms;
}

/// <summary>What an implementation made of a case.</summary>
public sealed class GoldenOutcome
{
    /// <summary>Computed tensors under the case's names: <c>out</c>, and any of state, lse, … that the implementation exposes.</summary>
    public Dictionary<string, Tensor> Outputs { get; } = new(StringComparer.Ordinal);

    /// <summary>Tensors that received gradients where they are not the case's own: module parameters as <c>param.…</c>.</summary>
    public Dictionary<string, Tensor> Leaves { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of recorded tensors or gradients that this implementation cannot be asked for, with the reason.</summary>
    public Dictionary<string, string> NotApplicable { get; } = new(StringComparer.Ordinal);

    /// <summary>Outputs whose relative tolerance refers to the largest recorded number, not to each number (large states beside small outputs).</summary>
    public HashSet<string> RelativeToMaximum { get; } = new(StringComparer.Ordinal);

    /// <summary>The modules whose parameters are leaves, kept from the collector: the finalizer of torch's LayerNorm frees its parameters, whoever else holds them.</summary>
    public List<nn.Module> Modules { get; } = [];

    /// <summary>Records an output.</summary>
    /// <param name="name">Name in the case.</param>
    /// <param name="tensor">What we computed.</param>
    /// <param name="relativeToMaximum">Take the relative tolerance of the largest recorded number for all.</param>
    public GoldenOutcome With(string name, Tensor tensor, bool relativeToMaximum = false)
    {
        Outputs[name] = tensor;
        if (relativeToMaximum)
        {
            RelativeToMaximum.Add(name);
        }

        return this;
    }

    /// <summary>
    /// Copies the case's <c>param.…</c> tensors into the module's parameters and buffers of the same names (after
    /// <paramref name="rename"/>) and remembers the parameters as leaves.
    /// </summary>
    /// <param name="golden">The case.</param>
    /// <param name="module">Ours.</param>
    /// <param name="rename">From the authors' names to ours; null keeps them.</param>
    /// <param name="only">Which of the authors' names to take; the binding uses the others itself.</param>
    /// <exception cref="InvalidDataException">A recorded parameter has no counterpart of the same shape.</exception>
    public void LoadParameters(GoldenCase golden, nn.Module module, Func<string, string>? rename = null, Func<string, bool>? only = null)
    {
        Modules.Add(module);
        var parameters = module.named_parameters().Select(pair => (pair.name, tensor: (Tensor)pair.parameter))
            .Concat(module.named_buffers().Select(pair => (pair.name, tensor: pair.buffer)))
            .ToDictionary(pair => pair.name, pair => pair.tensor, StringComparer.Ordinal);
        using var nograd = no_grad();
        foreach (var (name, recorded) in golden.Tensors.Where(pair => pair.Key.StartsWith("param.", StringComparison.Ordinal)
                     || pair.Key.StartsWith("buffer.", StringComparison.Ordinal)))
        {
            var bare = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
            if (only is not null && !only(bare))
            {
                continue;
            }

            var ours = rename is null ? bare : rename(bare);
            if (!parameters.TryGetValue(ours, out var parameter))
            {
                throw new InvalidDataException($"'{golden.File}' has '{name}', but {module.GetType().Name} has no '{ours}'.");
            }

            if (!parameter.shape.SequenceEqual(recorded.shape))
            {
                throw new InvalidDataException(
                    $"'{golden.File}': '{name}' is [{string.Join(", ", recorded.shape)}], ours is [{string.Join(", ", parameter.shape)}].");
            }

            parameter.copy_(recorded);
            Leaves[name] = parameter;
        }
    }
}

/// <summary>
/// Connects a golden mechanism or task name with our implementations: one class for each name (or group of names), found by scan. It binds to
/// params and tensor names only, so that it serves cases with any sizes.
/// </summary>
public abstract class GoldenBinding
{
    /// <summary>Whether this binding understands the case; two bindings may share a name and tell cases apart by their tensors.</summary>
    public virtual bool Handles(GoldenCase golden) => true;

    /// <summary>The implementation ids (or task names) to try; every one must pass.</summary>
    public abstract IEnumerable<string> Implementations(GoldenCase golden);

    /// <summary>Runs one of them on the loaded case.</summary>
    public abstract GoldenOutcome Run(GoldenCase golden, string implementation);

    /// <summary>Ids of all operators of a mechanism that support the case's pattern.</summary>
    protected static IEnumerable<string> Operators(string mechanism, GoldenCase golden) => AttentionCatalogue.Of(mechanism)
        .Where(entry => golden.Pattern is { } pattern && entry.Supports(pattern) && !entry.IsLayer).Select(entry => entry.Id);
}
