using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>The first tokens of a sequence and its newest, in order and without overlap.</summary>
/// <param name="sink">Tokens kept from the start.</param>
/// <param name="window">Newest tokens kept.</param>
public sealed class SinkWindowState(int sink, int window) : AttentionState
{
    private readonly KeyValueState _first = new();
    private readonly KeyValueState _newest = new(window);

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors =>
        _first.Tensors.Select(pair => KeyValuePair.Create($"first_{pair.Key}", pair.Value)).Concat(_newest.Tensors).ToDictionary();

    /// <summary>Kept keys, oldest first: <c>[B, Hk, L, D]</c>.</summary>
    public Tensor Keys => Join(state => state.Keys);

    /// <summary>Kept values, oldest first: <c>[B, Hk, L, Dv]</c>.</summary>
    public Tensor Values => Join(state => state.Values);

    /// <summary>Positions of the kept tokens in the sequence, <c>[L]</c>.</summary>
    public Tensor Positions(Device device) => cat(
        [arange(_first.Position, device: device), arange(Position - Kept(_newest), Position, device: device)]);

    /// <summary>Appends tokens <c>[B, Hk, T, ·]</c>: to the first until they are complete, then to the newest.</summary>
    public void Append(Tensor keys, Tensor values)
    {
        using var scope = NewDisposeScope();
        var count = keys.shape[2];
        var room = Math.Min(Math.Max(0, sink - Position), count);
        if (room > 0)
        {
            _first.Append(keys.narrow(2, 0, room), values.narrow(2, 0, room));
        }

        if (count > room)
        {
            _newest.Append(keys.narrow(2, room, count - room), values.narrow(2, room, count - room));
        }

        Position += count;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        _first.Dispose();
        _newest.Dispose();
    }

    private Tensor Join(Func<KeyValueState, Tensor> part) => cat([.. new[] { _first, _newest }.Where(state => Kept(state) > 0).Select(part)], 2);

    private static long Kept(KeyValueState state) => state.Position == 0 ? 0 : state.Count;
}
