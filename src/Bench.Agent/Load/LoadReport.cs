using Bench.Domain.Analysis;

namespace Bench.Agent.Load;

/// <summary>What <c>bench load</c> found.</summary>
internal sealed record LoadReport
{
    /// <summary>sqlite or postgres.</summary>
    public required string Database { get; init; }

    /// <summary>Simulated agents.</summary>
    public required int Agents { get; init; }

    /// <summary>Leases that were taken.</summary>
    public required Rate Claims { get; init; }

    /// <summary>Results that were acknowledged, with 25 samples each.</summary>
    public required Rate Results { get; init; }

    /// <summary>Jobs that two agents held at once. Must be 0.</summary>
    public required int DuplicateLeases { get; init; }

    /// <summary>Acknowledged results that the server does not count as succeeded cells afterwards. Must be 0.</summary>
    public required int LostResults { get; init; }

    /// <summary>Results sent twice that got two runs. Must be 0.</summary>
    public required int DoubledResults { get; init; }

    /// <summary>Calls that failed for good. Must be 0.</summary>
    public required int Errors { get; init; }

    /// <summary>Messages of the first failures.</summary>
    public required IReadOnlyList<string> ErrorMessages { get; init; }

    /// <summary>Whether every count that must be 0 is.</summary>
    public bool IsSound => DuplicateLeases + LostResults + DoubledResults + Errors == 0;
}

/// <summary>How fast one kind of call went.</summary>
/// <param name="Count">Calls that succeeded.</param>
/// <param name="Seconds">From the first to the last.</param>
/// <param name="PerSecond">Their rate.</param>
/// <param name="P50Milliseconds">Median latency as a client sees it.</param>
/// <param name="P95Milliseconds">95th percentile.</param>
/// <param name="P99Milliseconds">99th percentile.</param>
internal sealed record Rate(int Count, double Seconds, double PerSecond, double P50Milliseconds, double P95Milliseconds, double P99Milliseconds)
{
    /// <summary>The rate of calls with these latencies.</summary>
    public static Rate Of(IReadOnlyCollection<double> milliseconds, double seconds) => milliseconds.Count == 0
        ? new Rate(0, seconds, 0, 0, 0, 0)
        : new Rate(
            milliseconds.Count, seconds, milliseconds.Count / seconds,
            Quantiles.Of([.. milliseconds], 0.5), Quantiles.Of([.. milliseconds], 0.95), Quantiles.Of([.. milliseconds], 0.99));
}
