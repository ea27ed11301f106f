using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.LowRank;

/// <summary>Options of Nyströmformer.</summary>
public sealed record NystromOptions
{
    /// <summary>L: landmarks; sequences of at most L tokens get exact softmax attention.</summary>
    [Range(1, 4096)]
    public int Landmarks { get; set; } = 16;

    /// <summary>κ: taps of the depthwise convolution of the values that is added to the output, odd; 0 for none.</summary>
    [Range(0, 1023)]
    public int ConvKernel { get; set; }

    /// <summary>Divide logits by D, as CAB's code does, instead of by √D as the paper.</summary>
    public bool CabScale { get; set; } = true;

    /// <summary>
    /// Start the pseudo-inverse of every head from the largest column sum over all heads and sequences, as the authors' code does, so that a
    /// sequence's result depends on its batch; otherwise each head takes its own.
    /// </summary>
    public bool CoupledInverse { get; set; }

    /// <summary>Let padded positions into landmarks, as CAB's code does; row r = b·H + h reads mask r mod B.</summary>
    public bool CabPaddingQuirk { get; set; }
}
