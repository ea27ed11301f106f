namespace Bench.Domain.Leasing;

/// <summary>How one lease of a job stands or ended.</summary>
public enum AttemptState
{
    /// <summary>The agent holds the lease.</summary>
    Active,

    /// <summary>Brought numbers.</summary>
    Succeeded,

    /// <summary>Brought a failure with its reason.</summary>
    Failed,

    /// <summary>The lease ended without a result; one may still come late.</summary>
    Expired,

    /// <summary>Another attempt of the job succeeded first.</summary>
    Superseded,
}
