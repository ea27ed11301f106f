using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.StateSpace;

/// <summary>What Mega does with its scores.</summary>
public enum MegaActivation
{
    /// <summary>softmax(q kᵀ/√Z).</summary>
    Softmax,

    /// <summary>½ (1 + erf((s − √½)/(√(1/4π)·√2))) of s = q kᵀ/n, n the visible keys.</summary>
    Laplace,

    /// <summary>relu(q kᵀ/n)².</summary>
    SquaredRelu,
}

/// <summary>Options of Mega.</summary>
public sealed record MegaOptions
{
    /// <summary>c: tokens of a chunk, inside which attention stays; 0 for attention over the whole sequence.</summary>
    [Range(0, 1 << 20)]
    public int Chunk { get; set; } = 128;

    /// <summary>n: modes of the moving average per feature.</summary>
    [Range(1, 256)]
    public int Modes { get; set; } = 16;

    /// <summary>Z: size of queries and keys; 0 for half the model, at least 8.</summary>
    [Range(0, 4096)]
    public int KeySize { get; set; }

    /// <summary>V/E: size of the values over that of the model.</summary>
    [Range(1, 16)]
    public int Expansion { get; set; } = 2;

    /// <summary>What is done with the scores.</summary>
    public MegaActivation Activation { get; set; }
}
