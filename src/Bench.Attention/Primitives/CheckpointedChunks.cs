using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// Autograd function of the chunked form. Forward keeps the state before every chunk and nothing else; backward goes over the chunks from
/// the last to the first, computes each anew from its state and differentiates it.
/// </summary>
internal sealed class CheckpointedChunks : autograd.MultiTensorFunction<CheckpointedChunks>
{
    /// <inheritdoc />
    public override string Name => nameof(CheckpointedChunks);

    /// <summary>Runs a recurrence that was <see cref="Recurrence.Flattened"/> chunk by chunk.</summary>
    /// <param name="recurrence">The recurrence, <c>[G, N, D]</c>.</param>
    /// <param name="length">Tokens of a chunk.</param>
    /// <param name="factored">As in <see cref="ChunkStep.Run"/>.</param>
    public static RecurrenceResult Run(Recurrence recurrence, long length, bool factored)
    {
        var tensors = recurrence.Tensors();
        if (!is_grad_enabled() || !tensors.Any(tensor => tensor is { requires_grad: true }))
        {
            return Forward(recurrence, length, factored, null);
        }

        var present = tensors.Where(tensor => tensor is not null).ToArray();
        var plan = new Plan(recurrence.With(new Tensor?[tensors.Length]), [.. tensors.Select(tensor => tensor is not null)], length, factored);
        var outputs = apply([plan, .. present!]);
        return new RecurrenceResult(outputs[0], outputs[1], outputs.Count > 2 ? outputs[2] : null);
    }

    /// <inheritdoc />
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] variables)
    {
        var plan = (Plan)variables[0];
        var tensors = variables.Skip(1).Cast<Tensor>().ToList();
        var states = new List<Tensor>();
        var result = Forward(plan.Restore(tensors), plan.Length, plan.Factored, states);
        context.save_data("plan", plan);
        context.save_data("count", tensors.Count);
        // TorchSharp makes missing gradients from output handles that the caller's dispose scope may have freed by then.
        context.set_materialize_grads(false);
        context.save_for_backward([.. tensors, .. states]);
        return result.Normaliser is null ? [result.Output, result.State] : [result.Output, result.State, result.Normaliser];
    }

    /// <inheritdoc />
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> gradients)
    {
        using var scope = NewDisposeScope();
        var plan = (Plan)context.get_data("plan");
        var saved = context.get_saved_variables();
        var inputs = saved.Take((int)context.get_data("count")).Select(tensor => tensor.detach()).ToList();
        var recurrence = plan.Restore(inputs);
        var totals = recurrence.Tensors().Select(tensor => tensor is null ? null : zeros_like(tensor)).ToArray();
        var states = saved.Skip(inputs.Count).ToList();
        var stride = recurrence.NormaliserEpsilon is null ? 1 : 2;
        var output = OrZero(gradients[0], recurrence.Value);
        var stateGradient = OrZero(gradients[1], states[0]);
        var normaliserGradient = stride > 1 ? OrZero(gradients[2], states[1]) : null;
        for (var index = states.Count / stride - 1; index >= 0; index--)
        {
            using var step = NewDisposeScope();
            var start = index * plan.Length;
            var count = Math.Min(plan.Length, recurrence.Length - start);
            var chunk = recurrence.Slice(start, count, states[index * stride], stride > 1 ? states[index * stride + 1] : null);
            (stateGradient, normaliserGradient) = Differentiate(
                chunk, plan.Factored, output.narrow(1, start, count), stateGradient, normaliserGradient, totals, start, recurrence.Length);
            stateGradient.MoveToOuterDisposeScope();
            normaliserGradient?.MoveToOuterDisposeScope();
        }

        totals[Recurrence.StateIndex]?.copy_(stateGradient);
        if (normaliserGradient is not null)
        {
            totals[Recurrence.NormaliserIndex]?.copy_(normaliserGradient);
        }

        return [null!, .. totals.Where(total => total is not null).Select(total => total!.MoveToOuterDisposeScope())];
    }

    /// <summary>Adds one chunk's gradients to the totals and returns those of the state before it.</summary>
    private static (Tensor State, Tensor? Normaliser) Differentiate(
        Recurrence chunk, bool factored, Tensor output, Tensor state, Tensor? normaliser, Tensor?[] totals, long start, long length)
    {
        var leaves = chunk.Tensors().Select(tensor => tensor?.detach().requires_grad_(true)).ToArray();
        RecurrenceResult result;
        using (enable_grad())
        {
            result = ChunkStep.Run(chunk.With(leaves), factored);
        }

        var wanted = leaves.Where(leaf => leaf is not null).Select(leaf => leaf!).ToList();
        var found = normaliser is null
            ? autograd.grad([result.Output, result.State], wanted, [output, state], allow_unused: true)
            : autograd.grad([result.Output, result.State, result.Normaliser!], wanted, [output, state, normaliser], allow_unused: true);
        var next = 0;
        var gradients = leaves.Select(leaf => leaf is null ? null : found[next++]).ToArray();
        for (var i = 0; i < leaves.Length; i++)
        {
            if (i is Recurrence.StateIndex or Recurrence.NormaliserIndex)
            {
                continue;
            }

            if (totals[i] is { } total && gradients[i] is { IsInvalid: false } gradient)
            {
                var isPerToken = i != Recurrence.BonusIndex && total.size(1) == length;
                (isPerToken ? total.narrow(1, start, gradient.size(1)) : total).add_(gradient);
            }
        }

        return (gradients[Recurrence.StateIndex]!, gradients[Recurrence.NormaliserIndex]);
    }

    private static Tensor OrZero(Tensor gradient, Tensor like) => gradient is null or { IsInvalid: true } ? zeros_like(like) : gradient;

    private static RecurrenceResult Forward(Recurrence recurrence, long length, bool factored, List<Tensor>? states)
    {
        var (state, normaliser) = (recurrence.StateOrZero(), recurrence.NormaliserOrZero());
        var (key, value) = (recurrence.Key, recurrence.Value);
        var output = empty([key.shape[0], recurrence.Length, value.shape[2]], dtype: key.dtype, device: key.device);
        for (long start = 0; start < recurrence.Length; start += length)
        {
            using var scope = NewDisposeScope();
            states?.Add(state);
            if (normaliser is not null)
            {
                states?.Add(normaliser);
            }

            var count = Math.Min(length, recurrence.Length - start);
            var chunk = ChunkStep.Run(recurrence.Slice(start, count, state, normaliser), factored);
            output.narrow(1, start, count).copy_(chunk.Output);
            if (states is null && start > 0)
            {
                state.Dispose();
                normaliser?.Dispose();
            }

            (state, normaliser) = (chunk.State.MoveToOuterDisposeScope(), chunk.Normaliser?.MoveToOuterDisposeScope());
        }

        return new RecurrenceResult(output, state, normaliser);
    }

    /// <summary>The parts of a recurrence that are no tensors, and which tensors it has.</summary>
    private sealed record Plan(Recurrence Shape, bool[] Present, long Length, bool Factored)
    {
        public Recurrence Restore(IEnumerable<Tensor> tensors)
        {
            using var next = tensors.GetEnumerator();
            return Shape.With([.. Present.Select(present => present && next.MoveNext() ? next.Current : null)]);
        }
    }
}
