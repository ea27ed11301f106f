namespace Bench.Attention.Primitives;

/// <summary>One way to compute a <see cref="Recurrence"/>. All forms agree up to rounding, in outputs, states and gradients.</summary>
public abstract class RecurrenceForm
{
    /// <summary>Computes outputs and the state after the last token. The caller's dispose scope owns every temporary.</summary>
    public abstract RecurrenceResult Run(Recurrence recurrence);

    /// <summary>Numbers held at the peak of a forward pass beyond the inputs.</summary>
    public abstract double ActivationElements(AttentionShape shape);

    /// <summary>Numbers of the output and of the state, which every form holds.</summary>
    protected static double OutputAndState(AttentionShape shape) =>
        AttentionCost.OutputElements(shape) + shape.Rows * shape.HeadSize * shape.ValueSize;
}
