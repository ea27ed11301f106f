using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Softmax;

/// <summary>Options of the mixture of heads whose router has no parameters.</summary>
public sealed record NormRoutedOptions
{
    /// <summary>First heads that are always on; −1 for half of them.</summary>
    [Range(-1, 4096)]
    public int SharedHeads { get; set; } = -1;

    /// <summary>Further heads that are on for a token; −1 for half of the remaining ones, rounded up.</summary>
    [Range(-1, 4096)]
    public int RoutedHeads { get; set; } = -1;
}
