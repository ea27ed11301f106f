namespace Bench.Attention.Primitives;

/// <summary>One way to compute a <see cref="Recurrence"/>. All forms agree up to rounding, in outputs, states and gradients.</summary>
public abstract class RecurrenceForm
{
    /// <summary>Computes outputs and the state after the last token. The caller's dispose scope owns every temporary.</summary>
    public RecurrenceResult Run(Recurrence recurrence) => Compute(TakesRawFeatures ? recurrence : recurrence.Featured());

    /// <summary>Numbers held at the peak of a forward pass beyond the inputs.</summary>
    public abstract double ActivationElements(AttentionShape shape);

    /// <summary>Whether <see cref="Compute"/> carries out elu + 1 and RWKV-7's terms itself.</summary>
    protected virtual bool TakesRawFeatures => false;

    /// <summary>Computes a recurrence.</summary>
    protected abstract RecurrenceResult Compute(Recurrence recurrence);

    /// <summary>Numbers of the output and of the state, which every form holds.</summary>
    protected static double OutputAndState(AttentionShape shape) =>
        AttentionCost.OutputElements(shape) + shape.Rows * shape.HeadSize * shape.ValueSize;
}
