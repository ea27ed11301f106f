using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Softmax;

/// <summary>Options of a mixture of heads with a trained router.</summary>
public sealed record RoutedHeadsOptions
{
    /// <summary>s: first heads that are always on; negative for a quarter of the heads.</summary>
    [Range(-1, 1024)]
    public int SharedHeads { get; set; } = -1;

    /// <summary>k: further heads that a token takes; negative for half of those that are left.</summary>
    [Range(-1, 1024)]
    public int RoutedHeads { get; set; } = -1;

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool Bias { get; set; } = true;
}
