namespace Bench.Attention.Recurrent;

/// <summary>What RAT keeps of a sequence: the last pair of every finished chunk, and the running pair of the chunk under way (zeros at its start).</summary>
public sealed class RatState : AttentionState
{
    private readonly TensorState _running = new();

    /// <summary>Rotated keys and values of finished chunks, <c>[B, H, chunks, D]</c>.</summary>
    public KeyValueState Summaries { get; } = new();

    /// <summary>k̃, <c>[B, 1, C]</c>.</summary>
    public Tensor Key => _running["k"];

    /// <summary>ṽ, <c>[B, 1, C]</c>.</summary>
    public Tensor Value => _running["v"];

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors => Summaries.Tensors.ToDictionary(pair => "summary." + pair.Key, pair => pair.Value)
        .Concat(_running.Tensors).ToDictionary(StringComparer.Ordinal);

    /// <summary>Replaces the running pair by copies of these.</summary>
    public void Keep(Tensor key, Tensor value) => (_running["k"], _running["v"]) = (key.detach().clone(), value.detach().clone());

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        Summaries.Dispose();
        _running.Dispose();
    }
}
