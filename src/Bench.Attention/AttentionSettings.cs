using Bench.Domain.Matrix;

namespace Bench.Attention;

/// <summary>What an operator is built for.</summary>
/// <param name="Pattern">Which keys a query may read.</param>
/// <param name="Heads">H: query heads.</param>
/// <param name="HeadSize">D: numbers per head in queries and keys.</param>
public sealed record AttentionSettings(AttentionPattern Pattern, int Heads, int HeadSize)
{
    /// <summary>Dv: numbers per head in values; D unless stated.</summary>
    public int ValueSize { get; init; } = HeadSize;

    /// <summary>Heads of keys and values; fewer than H means grouped-query attention. H unless stated.</summary>
    public int KeyValueHeads { get; init; } = Heads;

    /// <summary>E: size of the hidden states around the operator; H·D unless stated, such as where queries and keys are kept small.</summary>
    public int ModelSize { get; init; } = Heads * HeadSize;

    /// <summary>Longest sequence the module will see; mechanisms with learned length (Linformer, Synthesizer) size their weights by it.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>
    /// Whether the module only answers questions (support, decoding, cost) and never runs: weights that grow with the length are not allocated.
    /// </summary>
    public bool OnlyAsked { get; init; }

    /// <summary>The length that such weights are made for: <see cref="MaxLength"/>, or 1 in a module that is only asked.</summary>
    public int WeightLength => OnlyAsked ? 1 : MaxLength;

    /// <summary>Which of the model's attention layers this is, from 0; for mechanisms that differ from layer to layer.</summary>
    public int Layer { get; init; }

    /// <summary>Attention layers of the model.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Share of attention weights that softmax attention drops while it is trained; 0 unless stated.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether the projections to queries, keys, values and output of a general layer have biases.</summary>
    public bool ProjectionBias { get; init; } = true;
}
