namespace Bench.Data.Rows;

/// <summary>A bearer key. Only a salted hash of the secret is kept.</summary>
public sealed class ApiKeyRow
{
    /// <summary>Public part, found in the key itself.</summary>
    public required string Id { get; set; }

    /// <summary>What people see of the key, such as <c>ab_agent_k3v…</c>.</summary>
    public required string Prefix { get; set; }

    /// <summary>Name for people.</summary>
    public required string Name { get; set; }

    /// <summary>Agent that it belongs to.</summary>
    public string? AgentId { get; set; }

    /// <summary>User that it belongs to.</summary>
    public string? UserId { get; set; }

    /// <summary>Random bytes hashed with the secret.</summary>
    public required byte[] Salt { get; set; }

    /// <summary>SHA-256 of salt and secret.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>What it permits.</summary>
    public required List<string> Scopes { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; set; }

    /// <summary>When it stops working by itself.</summary>
    public DateTime? ExpiresAt { get; set; }

    /// <summary>When it was withdrawn.</summary>
    public DateTime? RevokedAt { get; set; }

    /// <summary>When it was used last, to the minute.</summary>
    public DateTime? LastUsedAt { get; set; }
}

/// <summary>A one-time code that is exchanged for an agent's key.</summary>
public sealed class EnrollmentCodeRow
{
    /// <summary>SHA-256 of the code in hexadecimal.</summary>
    public required string Hash { get; set; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; set; }

    /// <summary>When it stops working.</summary>
    public required DateTime ExpiresAt { get; set; }

    /// <summary>When it was used.</summary>
    public DateTime? UsedAt { get; set; }

    /// <summary>Agent that used it.</summary>
    public string? AgentId { get; set; }
}
