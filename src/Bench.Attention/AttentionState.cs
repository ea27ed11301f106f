using static TorchSharp.torch;

namespace Bench.Attention;

/// <summary>What an implementation keeps of a sequence between decode steps. Owned by the caller; dispose it at the end of the sequence.</summary>
public abstract class AttentionState : IDisposable
{
    /// <summary>The kept tensors by name, batch first, without spare capacity.</summary>
    public abstract IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>Tokens seen so far.</summary>
    public long Position { get; set; }

    /// <summary>Bytes of <see cref="Tensors"/>, all sequences of the batch together.</summary>
    public long Bytes => Tensors.Values.Sum(tensor => tensor.numel() * tensor.element_size());

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the kept tensors.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A state of a fixed set of tensors that each step replaces: recurrences, running sums.</summary>
public sealed class TensorState : AttentionState
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>Takes ownership of the tensor, out of any dispose scope, and frees the one it replaces.</summary>
    public Tensor this[string name]
    {
        get => _tensors[name];
        set
        {
            if (_tensors.TryGetValue(name, out var old) && !ReferenceEquals(old, value))
            {
                old.Dispose();
            }

            _tensors[name] = value.DetachFromDisposeScope();
        }
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }

        _tensors.Clear();
    }
}

/// <summary>Keys and values of past tokens, <c>[B, Hk, L, D]</c>; grows by doubling, or keeps only the newest when bounded.</summary>
/// <param name="capacity">Keep at most this many newest tokens; null keeps all.</param>
public sealed class KeyValueState(int? capacity = null) : AttentionState
{
    private Tensor? _keys;
    private Tensor? _values;
    private long _start;
    private long _end;

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors =>
        _keys is null ? new Dictionary<string, Tensor>() : new Dictionary<string, Tensor> { ["k"] = Keys, ["v"] = Values };

    /// <summary>Kept keys, oldest first: a view <c>[B, Hk, L, D]</c>.</summary>
    public Tensor Keys => _keys!.narrow(2, _start, Count);

    /// <summary>Kept values, oldest first: a view <c>[B, Hk, L, Dv]</c>.</summary>
    public Tensor Values => _values!.narrow(2, _start, Count);

    /// <summary>L: kept tokens.</summary>
    public long Count => _end - _start;

    /// <summary>Appends tokens <c>[B, Hk, T, ·]</c> and forgets those beyond the capacity.</summary>
    public void Append(Tensor keys, Tensor values)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var added = keys.shape[2];
        if (capacity is { } most && added > most)
        {
            (keys, values) = (keys.narrow(2, added - most, most), values.narrow(2, added - most, most));
            _start = _end;
        }

        var count = keys.shape[2];
        if (_keys is null || _end + count > _keys.shape[2])
        {
            Grow(keys, values, count);
        }

        _keys!.narrow(2, _end, count).copy_(keys);
        _values!.narrow(2, _end, count).copy_(values);
        _end += count;
        _start = capacity is { } bound ? Math.Max(_start, _end - bound) : _start;
        Position += added;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        _keys?.Dispose();
        _values?.Dispose();
        (_keys, _values, _start, _end) = (null, null, 0, 0);
    }

    private void Grow(Tensor keys, Tensor values, long count)
    {
        // A bounded cache moves its window back to the front once every `capacity` tokens, so a step costs O(1) on average.
        var room = Math.Max(16, 2 * (Count + count));
        var (k, v) = (Room(keys, room), Room(values, room));
        if (Count > 0)
        {
            k.narrow(2, 0, Count).copy_(Keys);
            v.narrow(2, 0, Count).copy_(Values);
        }

        var kept = Count;
        _keys?.Dispose();
        _values?.Dispose();
        (_keys, _values, _start, _end) = (k.DetachFromDisposeScope(), v.DetachFromDisposeScope(), 0, kept);
    }

    private static Tensor Room(Tensor like, long length) =>
        empty([like.shape[0], like.shape[1], length, like.shape[3]], dtype: like.dtype, device: like.device);
}
