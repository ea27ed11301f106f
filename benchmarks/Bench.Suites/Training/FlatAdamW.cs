using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// AdamW over all parameters at once: they and their gradients become views of two flat buffers, so that a step is a dozen large operations
/// instead of a dozen for each parameter. The update is the one of torch's AdamW with its default betas and epsilon.
/// </summary>
/// <remarks>Loshchilov and Hutter, "Decoupled weight decay regularization", arXiv:1711.05101.</remarks>
public sealed class FlatAdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly double _weightDecay;
    private readonly Tensor _gradients;

    /// <summary>Moves the parameters into one buffer.</summary>
    /// <param name="parameters">Parameters of one element type; each once.</param>
    /// <param name="weightDecay">Share of the rate by which weights shrink at a step.</param>
    /// <exception cref="ArgumentException">There are none, or they differ in type.</exception>
    public FlatAdamW(IReadOnlyList<Parameter> parameters, double weightDecay)
    {
        if (parameters.Count == 0 || parameters.Any(parameter => parameter.dtype != parameters[0].dtype))
        {
            throw new ArgumentException("The optimiser needs at least one parameter, and all of one element type.", nameof(parameters));
        }

        _weightDecay = weightDecay;
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        Values = cat([.. parameters.Select(parameter => parameter.detach().reshape(-1))]).DetachFromDisposeScope();
        First = zeros_like(Values).DetachFromDisposeScope();
        Second = zeros_like(Values).DetachFromDisposeScope();
        _gradients = zeros_like(Values).DetachFromDisposeScope();
        long start = 0;
        foreach (var parameter in parameters)
        {
            var size = parameter.numel();
            parameter.set_(Values.narrow(0, start, size).view(parameter.shape));
            parameter.grad = _gradients.narrow(0, start, size).view(parameter.shape);
            start += size;
        }
    }

    /// <summary>All parameters, <c>[P]</c>.</summary>
    public Tensor Values { get; }

    /// <summary>Running mean of gradients, <c>[P]</c>.</summary>
    public Tensor First { get; }

    /// <summary>Running mean of squared gradients, <c>[P]</c>.</summary>
    public Tensor Second { get; }

    /// <summary>Steps done.</summary>
    public long Steps { get; set; }

    /// <summary>Sets all gradients to zero.</summary>
    public void ZeroGradients() => _gradients.zero_();

    /// <summary>Updates all parameters by their gradients.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    public void Step(double rate)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        Steps++;
        Values.mul_(1 - (rate * _weightDecay));
        First.mul_(Beta1).add_(_gradients, alpha: 1 - Beta1);
        Second.mul_(Beta2).addcmul_(_gradients, _gradients, value: 1 - Beta2);
        var scale = Second.sqrt().div_(Math.Sqrt(1 - Math.Pow(Beta2, Steps))).add_(Epsilon);
        Values.addcdiv_(First, scale, value: -rate / (1 - Math.Pow(Beta1, Steps)));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _gradients.Dispose();
        Second.Dispose();
        First.Dispose();
        Values.Dispose();
    }
}
