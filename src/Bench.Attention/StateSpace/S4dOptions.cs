using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.StateSpace;

/// <summary>Options of S4D; the defaults are CAB's.</summary>
public sealed record S4dOptions
{
    /// <summary>N: real numbers of state per feature, half as many complex modes; even.</summary>
    [Range(2, 4096)]
    public int State { get; set; } = 16;

    /// <summary>C: kernels per feature.</summary>
    [Range(1, 256)]
    public int Channels { get; set; } = 1;
}
