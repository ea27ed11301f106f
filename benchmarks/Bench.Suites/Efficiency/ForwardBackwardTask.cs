using Bench.Domain.Catalogue;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary><c>efficiency/forward-backward</c>: one forward pass and the gradients of all inputs and weights.</summary>
public sealed class ForwardBackwardTask : EfficiencyTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "forward-backward", "Forward and backward pass",
        "Time and peak memory of one forward pass followed by the gradients with respect to all inputs and weights.");

    /// <inheritdoc />
    protected override Func<int, Tensor> Prepare(Workload workload)
    {
        workload.RequireGradients();
        return call =>
        {
            var output = workload.Forward(call);
            autograd.backward([output], [workload.Cotangent]);
            return output;
        };
    }

    /// <inheritdoc />
    protected override void CheckGradients(Workload workload, CorrectnessGate gate) => gate.CheckGradients();

    /// <inheritdoc />
    protected override void Clean(Workload workload, int pass) => workload.ClearGradients(pass);

    /// <summary>The backward pass needs about twice the work of the forward pass.</summary>
    protected override double Flops(Workload workload) => 3 * workload.Cost.Flops;

    /// <inheritdoc />
    protected override double Bytes(Workload workload) => 2 * base.Bytes(workload);
}
