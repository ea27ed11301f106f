using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of noncausal long-short attention; the defaults are CAB's.</summary>
public sealed record LongShortOptions
{
    /// <summary>r: landmarks per head that the whole sequence is compressed to.</summary>
    [Range(1, 4096)]
    public int Landmarks { get; set; } = 16;

    /// <summary>w: tokens of a tile; a query sees its tile and max(⌊w/2⌋, 1) tokens on either side.</summary>
    [Range(1, 1 << 16)]
    public int Window { get; set; } = 15;

    /// <summary>κ: taps of the depthwise convolution of the values that is added to the output, odd; 0 for none.</summary>
    [Range(0, 1023)]
    public int ConvKernel { get; set; }

    /// <summary>The first token is a class token: it stays outside the tiles, everyone sees it, and it attends to all outputs.</summary>
    public bool ClassToken { get; set; }
}
