namespace Bench.Attention.Layers;

/// <summary>
/// An operator's state with the newest hidden states, which the inputs of the next tokens still depend on, and with the place among the queries where
/// the operator counts the source's tokens. Owns both.
/// </summary>
/// <param name="core">The operator's state.</param>
public sealed class LookBackState(AttentionState core) : AttentionState
{
    private Tensor? _tail;

    /// <summary>The operator's state.</summary>
    public AttentionState Core { get; } = core;

    /// <summary>The newest hidden states, <c>[B, R, C]</c>, zeros before the first token. Taken over, out of any dispose scope.</summary>
    public Tensor Tail
    {
        get => _tail!;
        set
        {
            _tail?.Dispose();
            _tail = value.DetachFromDisposeScope();
        }
    }

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors =>
        new Dictionary<string, Tensor>(Core.Tensors, StringComparer.Ordinal) { ["tail"] = Tail };

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        Core.Dispose();
        _tail?.Dispose();
        _tail = null;
    }
}
