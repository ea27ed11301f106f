namespace Bench.Data.Rows;

/// <summary>Who changed what. Appended in the transaction of the change, never altered.</summary>
public sealed class AuditRow
{
    /// <summary><c>aud_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>When.</summary>
    public required DateTime At { get; set; }

    /// <summary>Who: <c>agent:name</c>, <c>user:name</c> or <c>system</c>.</summary>
    public required string Actor { get; set; }

    /// <summary>What, such as <c>agent.enrolled</c>.</summary>
    public required string Action { get; set; }

    /// <summary>On which object.</summary>
    public required string Subject { get; set; }

    /// <summary>Further words; never a secret.</summary>
    public string Detail { get; set; } = "";
}
