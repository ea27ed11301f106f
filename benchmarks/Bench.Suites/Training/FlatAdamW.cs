using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Numbers of <see cref="FlatAdamW"/>; the defaults are torch's.</summary>
public sealed record AdamWOptions
{
    /// <summary>Share of the running mean of gradients that survives a step.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Share of the running mean of squared gradients that survives a step.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second mean.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>How strongly weights shrink.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether weights shrink by themselves (AdamW) or their multiple is added to the gradient (Adam with an L2 penalty).</summary>
    public bool DecoupledDecay { get; init; } = true;

    /// <summary>Largest Euclidean norm of all gradients together; longer ones are scaled down. Null for no limit.</summary>
    public double? ClipNorm { get; init; }
}

/// <summary>
/// Adam or AdamW over all parameters at once: they and their gradients become views of two flat buffers, so that a step is a dozen large
/// operations instead of a dozen for each parameter. The update is the one of torch's classes.
/// </summary>
/// <remarks>
/// Kingma and Ba, arXiv:1412.6980; Loshchilov and Hutter, "Decoupled weight decay regularization", arXiv:1711.05101. Parameters of a narrower type
/// than float32 get a float32 copy that is updated and rounded into them: Micikevicius et al., "Mixed precision training", arXiv:1710.03740.
/// </remarks>
public sealed class FlatAdamW : IDisposable
{
    /// <summary>Keeps the scale of a clip finite, as torch's clip_grad_norm_ does.</summary>
    private const double ClipEpsilon = 1e-6;

    private readonly AdamWOptions _options;
    private readonly Tensor _gradients;

    /// <summary>The parameters in their own narrower type; null where they are <see cref="Values"/> themselves.</summary>
    private readonly Tensor? _rounded;

    /// <summary>AdamW with torch's default betas and epsilon.</summary>
    /// <param name="parameters">Parameters of one element type; each once.</param>
    /// <param name="weightDecay">Share of the rate by which weights shrink at a step.</param>
    /// <exception cref="ArgumentException">There are none, or they differ in type.</exception>
    public FlatAdamW(IReadOnlyList<Parameter> parameters, double weightDecay)
        : this(parameters, new AdamWOptions { WeightDecay = weightDecay })
    {
    }

    /// <summary>Moves the parameters into one buffer.</summary>
    /// <param name="parameters">Parameters of one element type; each once.</param>
    /// <param name="options">Numbers of the update.</param>
    /// <exception cref="ArgumentException">There are none, or they differ in type.</exception>
    public FlatAdamW(IReadOnlyList<Parameter> parameters, AdamWOptions options)
    {
        if (parameters.Count == 0 || parameters.Any(parameter => parameter.dtype != parameters[0].dtype))
        {
            throw new ArgumentException("The optimiser needs at least one parameter, and all of one element type.", nameof(parameters));
        }

        _options = options;
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var flat = cat([.. parameters.Select(parameter => parameter.detach().reshape(-1))]).DetachFromDisposeScope();
        var narrow = flat.element_size() < sizeof(float);
        Values = narrow ? flat.to(ScalarType.Float32).DetachFromDisposeScope() : flat;
        _rounded = narrow ? flat : null;
        First = zeros_like(Values).DetachFromDisposeScope();
        Second = zeros_like(Values).DetachFromDisposeScope();
        _gradients = zeros_like(flat).DetachFromDisposeScope();
        long start = 0;
        foreach (var parameter in parameters)
        {
            var size = parameter.numel();
            parameter.set_(flat.narrow(0, start, size).view(parameter.shape));
            parameter.grad = _gradients.narrow(0, start, size).view(parameter.shape);
            start += size;
        }
    }

    /// <summary>All parameters, <c>[P]</c>, float32 at least. After a change from outside, <see cref="Publish"/> must be called.</summary>
    public Tensor Values { get; }

    /// <summary>Running mean of gradients, <c>[P]</c>.</summary>
    public Tensor First { get; }

    /// <summary>Running mean of squared gradients, <c>[P]</c>.</summary>
    public Tensor Second { get; }

    /// <summary>Steps done.</summary>
    public long Steps { get; set; }

    /// <summary>Sets all gradients to zero.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope();
        _gradients.zero_();
    }

    /// <summary>Updates all parameters by their gradients.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    public void Step(double rate)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        Steps++;
        var gradients = _rounded is null ? _gradients : _gradients.to(Values.dtype);
        if (_options.ClipNorm is { } most)
        {
            gradients.mul_((most / (gradients.norm() + ClipEpsilon)).clamp_max_(1));
        }

        if (_options.DecoupledDecay)
        {
            Values.mul_(1 - (rate * _options.WeightDecay));
        }
        else if (_options.WeightDecay != 0)
        {
            gradients.add_(Values, alpha: _options.WeightDecay);
        }

        First.mul_(_options.Beta1).add_(gradients, alpha: 1 - _options.Beta1);
        Second.mul_(_options.Beta2).addcmul_(gradients, gradients, value: 1 - _options.Beta2);
        var scale = Second.sqrt().div_(Math.Sqrt(1 - Math.Pow(_options.Beta2, Steps))).add_(_options.Epsilon);
        Values.addcdiv_(First, scale, value: -rate / (1 - Math.Pow(_options.Beta1, Steps)));
        Publish();
    }

    /// <summary>Makes the model see <see cref="Values"/>; needed only where its parameters are of a narrower type.</summary>
    public void Publish()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        _rounded?.copy_(Values);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _gradients.Dispose();
        _rounded?.Dispose();
        Second.Dispose();
        First.Dispose();
        Values.Dispose();
    }
}
