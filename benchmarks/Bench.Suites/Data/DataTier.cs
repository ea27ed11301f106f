namespace Bench.Suites.Data;

/// <summary>What a score was trained and tested on. Scores of different tiers are never put in one column.</summary>
public enum DataTier
{
    /// <summary>The data set that the benchmark's authors name.</summary>
    Official,

    /// <summary>Other real data of the same kind, shipped by a package.</summary>
    Standin,

    /// <summary>Made by a generator of this project.</summary>
    Synthetic,
}
