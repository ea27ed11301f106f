namespace Bench.Data.Rows;

/// <summary>How far an export is.</summary>
public enum ExportState
{
    /// <summary>No server has begun.</summary>
    Waiting,

    /// <summary>A server writes it.</summary>
    Writing,

    /// <summary>It can be fetched.</summary>
    Ready,

    /// <summary>It failed; the message says why.</summary>
    Failed,
}

/// <summary>A large table that somebody asked for; some server writes it, and any server hands it out.</summary>
public sealed class ExportRow
{
    /// <summary><c>exp_…</c>.</summary>
    public required string Id { get; set; }

    /// <summary>File format: csv, ndjson or parquet.</summary>
    public required string Format { get; set; }

    /// <summary>Which runs, as the query string of the run list.</summary>
    public required string Filter { get; set; }

    /// <summary>How far it is.</summary>
    public required ExportState State { get; set; }

    /// <summary>Who asked.</summary>
    public required string RequestedBy { get; set; }

    /// <summary>When it was asked for.</summary>
    public required DateTime CreatedAt { get; set; }

    /// <summary>When a server began; one that has not ended after ten minutes is begun again.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; set; }

    /// <summary>Rows of the table.</summary>
    public long RowCount { get; set; }

    /// <summary>Size of the file in bytes.</summary>
    public long SizeBytes { get; set; }

    /// <summary>SHA-256 of the file in hexadecimal.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Why it failed.</summary>
    public string? Message { get; set; }
}

/// <summary>A piece of an export's file.</summary>
public sealed class ExportPieceRow
{
    /// <summary>Export.</summary>
    public required string ExportId { get; set; }

    /// <summary>Place in the file, from zero.</summary>
    public required int Ordinal { get; set; }

    /// <summary>At most one mebibyte.</summary>
    public required byte[] Content { get; set; }
}
