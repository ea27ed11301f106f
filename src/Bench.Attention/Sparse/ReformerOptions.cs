using System.ComponentModel.DataAnnotations;

namespace Bench.Attention.Sparse;

/// <summary>Options of Reformer's hashed attention.</summary>
public sealed record ReformerOptions
{
    /// <summary>Tokens of a bucket, and of a chunk of the sorted sequence.</summary>
    [Range(1, 1 << 16)]
    public int Bucket { get; set; } = 64;

    /// <summary>n_h: rounds of hashing.</summary>
    [Range(1, 64)]
    public int Hashes { get; set; } = 4;

    /// <summary>
    /// Hide keys after the query, as the authors do for language models. The buckets still depend on the whole sequence, so that
    /// an output does too: this is no causal pattern.
    /// </summary>
    public bool CausalMask { get; set; }

    /// <summary>Whether a token may attend to tokens of its chunk that fell into other buckets.</summary>
    public bool AcrossBuckets { get; set; } = true;

    /// <summary>Whether a pair that meets in several rounds counts as often.</summary>
    public bool Duplicates { get; set; } = true;

    /// <summary>Hash padded tokens like real ones, as the authors' code does, so that they move the chunks of the others.</summary>
    public bool HashPaddingQuirk { get; set; }
}
