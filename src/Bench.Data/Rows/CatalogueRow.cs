using Bench.Domain.Catalogue;

namespace Bench.Data.Rows;

/// <summary>An implementation as the newest agent described it.</summary>
public sealed class ImplementationRow
{
    /// <summary><c>mechanism/implementation</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Mechanism part of <see cref="Id"/>.</summary>
    public required string Mechanism { get; set; }

    /// <summary>Description.</summary>
    public required ImplementationEntry Entry { get; set; }

    /// <summary>When it was described last.</summary>
    public required DateTime UpdatedAt { get; set; }
}

/// <summary>A task as the newest agent described it.</summary>
public sealed class TaskRow
{
    /// <summary><c>suite/name</c>.</summary>
    public required string Id { get; set; }

    /// <summary>Description.</summary>
    public required TaskEntry Entry { get; set; }

    /// <summary>When it was described last.</summary>
    public required DateTime UpdatedAt { get; set; }
}
