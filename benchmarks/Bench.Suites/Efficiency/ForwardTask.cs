using Bench.Domain.Catalogue;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary><c>efficiency/forward</c>: one pass in evaluation mode without gradients.</summary>
public sealed class ForwardTask : EfficiencyTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "forward", "Forward pass", "Time and peak memory of one forward pass in evaluation mode, inputs ready in memory.");

    /// <inheritdoc />
    protected override Func<int, Tensor> Prepare(Workload workload) => call =>
    {
        using var nograd = no_grad();
        return workload.Forward(call);
    };

    /// <inheritdoc />
    protected override bool IsForward => true;

    /// <inheritdoc />
    protected override double Flops(Workload workload) => workload.Cost.Flops;
}
