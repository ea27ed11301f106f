namespace Bench.Data.Rows;

/// <summary>A passkey of a person: the public half of a key that never leaves the person's device.</summary>
public sealed class PasskeyRow
{
    /// <summary>The authenticator's credential id, base64url.</summary>
    public required string Id { get; set; }

    /// <summary>Person.</summary>
    public required string UserId { get; set; }

    /// <summary>Name for people.</summary>
    public required string Name { get; set; }

    /// <summary>Public key in COSE form.</summary>
    public required byte[] PublicKey { get; set; }

    /// <summary>When it was added.</summary>
    public required DateTime CreatedAt { get; set; }

    /// <summary>When it was used last.</summary>
    public DateTime? LastUsedAt { get; set; }

    /// <summary>The authenticator's counter; a step back betrays a copy.</summary>
    public long SignCount { get; set; }

    /// <summary>Ways to reach the authenticator, such as <c>internal</c> or <c>usb</c>.</summary>
    public List<string> Transports { get; set; } = [];

    /// <summary>Whether the authenticator checked who held it when the key was made.</summary>
    public bool IsUserVerified { get; set; }

    /// <summary>Whether the key may be copied to other devices of the person.</summary>
    public bool IsBackupEligible { get; set; }

    /// <summary>Whether it was.</summary>
    public bool IsBackedUp { get; set; }

    /// <summary>What the authenticator said when the key was made.</summary>
    public byte[] AttestationObject { get; set; } = [];

    /// <summary>What the browser said when the key was made.</summary>
    public byte[] ClientDataJson { get; set; } = [];
}
