namespace Bench.Suites.Conformance;

/// <summary>How a folder of golden cases went; the JSON form of <c>bench conformance --json</c>.</summary>
/// <param name="Passed">Cases that every implementation of the mechanism reproduces.</param>
/// <param name="Failed">Cases that at least one does not.</param>
/// <param name="NotImplemented">Cases of mechanisms that no binding serves; never counted as passed.</param>
/// <param name="Cases">One entry a case, in manifest order.</param>
public sealed record ConformanceReport(int Passed, int Failed, int NotImplemented, IReadOnlyList<CaseReport> Cases);

/// <summary>One case; the worst implementation counts.</summary>
public sealed record CaseReport
{
    /// <summary>File name.</summary>
    public required string File { get; init; }

    /// <summary>Mechanism or task name of the manifest.</summary>
    public required string Mechanism { get; init; }

    /// <summary>The worst implementation, or null when none is bound.</summary>
    public string? Implementation { get; init; }

    /// <summary><c>passed</c>, <c>failed</c> or <c>not-implemented</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Largest absolute difference over all compared tensors.</summary>
    public double MaxAbsError { get; init; }

    /// <summary>Largest difference relative to max(|recorded|, atol/rtol).</summary>
    public double MaxRelError { get; init; }

    /// <summary>The tensor that uses most of its tolerance.</summary>
    public string? Worst { get; init; }

    /// <summary>Why it failed, or what was not compared.</summary>
    public string? Message { get; init; }
}
