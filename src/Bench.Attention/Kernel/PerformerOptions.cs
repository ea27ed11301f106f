using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Kernel;

/// <summary>Options of Performer; the defaults are CAB's.</summary>
public sealed record PerformerOptions
{
    /// <summary>M: random features per head.</summary>
    [Range(1, 8192)]
    public int Features { get; set; } = 16;

    /// <summary>Added to every exponential feature.</summary>
    [Range(0, 1)]
    public double FeatureEpsilon { get; set; } = 1e-4;

    /// <summary>Least value of the normaliser. CAB's 0.1 is large: it shrinks outputs of short or large-norm inputs.</summary>
    [Range(1e-12, 1)]
    public double NormaliserFloor { get; set; } = 0.1;

    /// <summary>Draw a fresh Gaussian projection in every training pass, as CAB does; otherwise the orthogonal one always serves.</summary>
    public bool Redraw { get; set; } = true;

    /// <summary>
    /// Treat padding as CAB's code does: flattened row r = b·H + h uses the mask of sequence r mod B, and padded keys take part in the stabiliser.
    /// </summary>
    public bool CabPaddingQuirk { get; set; }
}
