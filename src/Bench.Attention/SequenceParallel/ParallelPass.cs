namespace Bench.Attention.SequenceParallel;

/// <summary>A forward pass of one worker, from which its backward pass goes on. Owned by the caller.</summary>
public abstract class ParallelPass
{
    /// <summary>The output of this worker's slice, <c>[B, H, N/W, E]</c>, without its graph.</summary>
    public abstract Tensor Output { get; }

    /// <summary>Gradients of this worker's queries, keys, values and, where there is one, log-decay. All workers must call it alike.</summary>
    /// <param name="cotangent">Gradient of the output, <c>[B, H, N/W, E]</c>.</param>
    public abstract IReadOnlyList<Tensor> Backward(Tensor cotangent);
}
