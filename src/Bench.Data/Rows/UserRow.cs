namespace Bench.Data.Rows;

/// <summary>A person who may sign in.</summary>
public sealed class UserRow
{
    /// <summary><c>usr_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Name as typed.</summary>
    public required string Name { get; set; }

    /// <summary>Name in upper case, unique.</summary>
    public required string NormalizedName { get; set; }

    /// <summary>viewer, submitter or maintainer.</summary>
    public required string Role { get; set; }

    /// <summary>Hash of the password; null when the person signs in elsewhere.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>Changes when sessions must end.</summary>
    public required string SecurityStamp { get; set; }

    /// <summary>Name of the identity provider and the subject there, when the person signs in elsewhere.</summary>
    public string? ExternalLogin { get; set; }

    /// <summary>Wrong passwords since the last right one.</summary>
    public int FailedSignIns { get; set; }

    /// <summary>No sign-in before this instant.</summary>
    public DateTime? LockedUntil { get; set; }

    /// <summary>When the account was made.</summary>
    public required DateTime CreatedAt { get; set; }
}

/// <summary>A key that protects cookies and tokens, shared by all servers.</summary>
public sealed class DataProtectionKeyRow
{
    /// <summary>Internal number.</summary>
    public int Id { get; set; }

    /// <summary>Name that the framework gave it.</summary>
    public required string Name { get; set; }

    /// <summary>The key's document.</summary>
    public required string Xml { get; set; }
}
