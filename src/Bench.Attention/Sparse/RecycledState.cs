namespace Bench.Attention.Sparse;

/// <summary>All keys and values, and the positions of those that the steps between two full ones read.</summary>
public sealed class RecycledState : AttentionState
{
    private readonly KeyValueState _all = new();
    private Tensor? _members;

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors => _members is null
        ? _all.Tensors
        : _all.Tensors.Append(KeyValuePair.Create("members", _members)).ToDictionary();

    /// <summary>All keys, <c>[B, Hk, N, D]</c>.</summary>
    public Tensor Keys => _all.Keys;

    /// <summary>All values, <c>[B, Hk, N, Dv]</c>.</summary>
    public Tensor Values => _all.Values;

    /// <summary>Positions of the kept tokens, <c>[B, Hk, K]</c>; null before the end of the prompt. Taken out of any dispose scope.</summary>
    public Tensor? Members
    {
        get => _members;
        set
        {
            _members?.Dispose();
            _members = value?.DetachFromDisposeScope();
        }
    }

    /// <summary>Appends tokens <c>[B, Hk, T, ·]</c>.</summary>
    public void Append(Tensor keys, Tensor values)
    {
        _all.Append(keys, values);
        Position = _all.Position;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        _all.Dispose();
        Members = null;
    }
}
