namespace Bench.Attention.Primitives;

/// <summary>
/// One masked matrix product, <c>(q kᵀ ⊙ e^{G_i − G_j}) v</c>: O(N²·(D+E)) time, O(N²) memory (O(N²·D) with a decay per channel). Has no
/// form for corrected states.
/// </summary>
public sealed class ParallelForm : RecurrenceForm
{
    /// <summary>The form has no settings.</summary>
    public static ParallelForm Instance { get; } = new();

    /// <inheritdoc />
    /// <exception cref="NotSupportedException">The recurrence corrects its state.</exception>
    protected override RecurrenceResult Compute(Recurrence recurrence)
    {
        if (recurrence.Corrects)
        {
            throw new NotSupportedException("A state that is corrected by its own content has no masked quadratic form; use the chunked one.");
        }

        return ChunkStep.Run(recurrence.Flattened(), factored: false).Unflattened(recurrence.Key.shape[0]);
    }

    /// <inheritdoc />
    public override double ActivationElements(AttentionShape shape) =>
        OutputAndState(shape) + 2.0 * shape.Rows * shape.Length * shape.SourceLength;
}
