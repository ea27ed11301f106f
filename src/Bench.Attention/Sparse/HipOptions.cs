using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of hierarchically pruned attention.</summary>
public sealed record HipOptions
{
    /// <summary>Keys that the search keeps for a block of queries.</summary>
    [Range(1, 1 << 20)]
    public int Keep { get; set; } = 512;

    /// <summary>Queries that share a choice.</summary>
    [Range(1, 1 << 16)]
    public int QueryBlock { get; set; } = 32;

    /// <summary>Groups of keys that are chosen together.</summary>
    [Range(1, 1 << 16)]
    public int KeyBlock { get; set; } = 1;

    /// <summary>Keys of a group, which is scored by its least and its largest components.</summary>
    [Range(1, 1 << 16)]
    public int Group { get; set; } = 8;

    /// <summary>Newest keys that are always read; the search leaves out as many groups.</summary>
    [Range(0, 1 << 20)]
    public int Window { get; set; } = 128;
}
