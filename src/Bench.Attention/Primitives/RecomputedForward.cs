using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// Autograd function of a kernel that has no backward pass of its own: it keeps its inputs only, and backward runs an equal form made of torch's
/// operations once more and differentiates that.
/// </summary>
internal sealed class RecomputedForward : autograd.MultiTensorFunction<RecomputedForward>
{
    /// <inheritdoc />
    public override string Name => nameof(RecomputedForward);

    /// <summary>Runs the kernel.</summary>
    /// <param name="kernel">The fast form: fresh outputs from inputs, without gradients.</param>
    /// <param name="plain">The same function in torch's operations.</param>
    /// <param name="inputs">What both take.</param>
    public static IReadOnlyList<Tensor> Run(Func<List<Tensor>, List<Tensor>> kernel, Func<List<Tensor>, List<Tensor>> plain, params Tensor[] inputs) =>
        is_grad_enabled() && inputs.Any(tensor => tensor.requires_grad)
            ? apply([new Plan(kernel, plain), .. inputs])
            : kernel([.. inputs]);

    /// <inheritdoc />
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] variables)
    {
        var plan = (Plan)variables[0];
        var inputs = variables.Skip(1).Cast<Tensor>().ToList();
        context.save_data("plan", plan);
        context.set_materialize_grads(false);
        context.save_for_backward(inputs);
        return plan.Kernel(inputs);
    }

    /// <inheritdoc />
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> gradients)
    {
        using var scope = NewDisposeScope();
        var plan = (Plan)context.get_data("plan");
        var leaves = context.get_saved_variables().Select(tensor => tensor.detach().requires_grad_(true)).ToList();
        List<Tensor> outputs;
        using (enable_grad())
        {
            outputs = plan.Plain(leaves);
        }

        var given = outputs.Zip(gradients).Where(pair => pair.Second is { IsInvalid: false }).ToList();
        var found = autograd.grad(given.Select(pair => pair.First).ToList(), leaves, given.Select(pair => pair.Second).ToList(), allow_unused: true);
        return [null!, .. found.Select((gradient, i) => (gradient is null or { IsInvalid: true } ? zeros_like(leaves[i]) : gradient).MoveToOuterDisposeScope())];
    }

    private sealed record Plan(Func<List<Tensor>, List<Tensor>> Kernel, Func<List<Tensor>, List<Tensor>> Plain);
}
