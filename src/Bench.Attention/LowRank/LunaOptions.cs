using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.LowRank;

/// <summary>Options of Luna.</summary>
public sealed record LunaOptions
{
    /// <summary>l: learned slots that the sequence is packed into.</summary>
    [Range(1, 4096)]
    public int Landmarks { get; set; } = 16;
}
