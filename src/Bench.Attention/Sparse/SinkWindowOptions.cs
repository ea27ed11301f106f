using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of attention to sinks and a window; sizes in tokens, one for all heads or a comma-separated list.</summary>
public sealed record SinkWindowOptions
{
    /// <summary>First tokens that everyone sees.</summary>
    [Required]
    public string Sink { get; set; } = "4";

    /// <summary>Newest tokens that a query sees, itself included; at least 1.</summary>
    [Required]
    public string Window { get; set; } = "60";
}
