using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of BigBird; the defaults are the Long Range Arena's.</summary>
public sealed record BigBirdOptions
{
    /// <summary>b: tokens of a block.</summary>
    [Range(1, 1 << 16)]
    public int Block { get; set; } = 64;

    /// <summary>r: random blocks of each block of queries.</summary>
    [Range(0, 256)]
    public int RandomBlocks { get; set; } = 3;

    /// <summary>Seed of the choice of random blocks, which is the same in every pass.</summary>
    public int Seed { get; set; }
}
