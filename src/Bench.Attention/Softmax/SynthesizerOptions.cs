using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Softmax;

/// <summary>Options of the synthesizers.</summary>
public sealed record SynthesizerOptions
{
    /// <summary>k: rank of the factorised form, hidden size of the dense form.</summary>
    [Range(1, 4096)]
    public int Rank { get; set; } = 8;

    /// <summary>Add q·k/√D to the synthesised logits.</summary>
    public bool AddDotProduct { get; set; }
}
