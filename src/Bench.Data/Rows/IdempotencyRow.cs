namespace Bench.Data.Rows;

/// <summary>The answer that was given to an unsafe request, replayed when the request comes again.</summary>
public sealed class IdempotencyRow
{
    /// <summary>Caller, route and key, hashed.</summary>
    public required string Id { get; set; }

    /// <summary>SHA-256 of the request's body.</summary>
    public required string BodyHash { get; set; }

    /// <summary>Status of the answer; zero while the first request is in flight.</summary>
    public required int Status { get; set; }

    /// <summary>Content type of the answer.</summary>
    public string ContentType { get; set; } = "";

    /// <summary>Location header of the answer.</summary>
    public string? Location { get; set; }

    /// <summary>Body of the answer.</summary>
    public byte[] Body { get; set; } = [];

    /// <summary>When the first request came.</summary>
    public required DateTime CreatedAt { get; set; }
}
