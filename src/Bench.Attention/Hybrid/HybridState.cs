namespace Bench.Attention.Hybrid;

/// <summary>The states of a stack's layers; owns them. Tensors are named by layer, such as <c>3.k</c>.</summary>
public sealed class HybridState(IReadOnlyList<AttentionState> layers) : AttentionState
{
    /// <summary>One state a layer, the first layer's first.</summary>
    public IReadOnlyList<AttentionState> Layers { get; } = layers;

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, Tensor> Tensors => Layers
        .SelectMany((state, index) => state.Tensors.Select(pair => KeyValuePair.Create($"{index}.{pair.Key}", pair.Value)))
        .ToDictionary(StringComparer.Ordinal);

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        foreach (var state in Layers)
        {
            state.Dispose();
        }
    }
}
