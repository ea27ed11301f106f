using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Kernel;

/// <summary>Options of linear randomised attention; the defaults are CAB's.</summary>
public sealed record LaraOptions
{
    /// <summary>L: landmarks, one proposal each.</summary>
    [Range(1, 4096)]
    public int Landmarks { get; set; } = 16;

    /// <summary>Let padded positions into landmarks and into the normaliser of the keys, as CAB's code does; row r = b·H + h reads mask r mod B.</summary>
    public bool CabPaddingQuirk { get; set; }
}
