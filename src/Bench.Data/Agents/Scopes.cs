namespace Bench.Data.Agents;

/// <summary>What a key permits. Reading needs no scope.</summary>
public static class Scopes
{
    /// <summary>Register, claim and send heartbeats.</summary>
    public const string ClaimJobs = "jobs:claim";

    /// <summary>Send results.</summary>
    public const string WriteResults = "results:write";

    /// <summary>Push suites and queue them.</summary>
    public const string WriteSuites = "suites:write";

    /// <summary>Make enrolment codes, drain, resume and revoke agents, cancel jobs.</summary>
    public const string Administer = "admin";

    /// <summary>What an enrolled agent gets.</summary>
    public static IReadOnlyList<string> Agent { get; } = [ClaimJobs, WriteResults];

    /// <summary>What the agent of <c>./bench up</c> gets, which is also the only user of its server.</summary>
    public static IReadOnlyList<string> LocalAgent { get; } = [ClaimJobs, WriteResults, WriteSuites];

    /// <summary>All.</summary>
    public static IReadOnlyList<string> All { get; } = [ClaimJobs, WriteResults, WriteSuites, Administer];
}
