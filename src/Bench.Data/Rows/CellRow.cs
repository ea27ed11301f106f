using Bench.Domain.Matrix;

namespace Bench.Data.Rows;

/// <summary>A cell, stored once however often it runs; everything else refers to it by a small number.</summary>
public sealed class CellRow
{
    /// <summary>Internal number.</summary>
    public int Id { get; set; }

    /// <summary><see cref="Cell.Key"/>.</summary>
    public required string Key { get; set; }

    /// <summary>Task id.</summary>
    public required string Task { get; set; }

    /// <summary>Implementation id.</summary>
    public required string Implementation { get; set; }

    /// <summary>Mechanism part of <see cref="Implementation"/>.</summary>
    public required string Mechanism { get; set; }

    /// <summary>Which keys a query may read.</summary>
    public required AttentionPattern Pattern { get; set; }

    /// <summary>B.</summary>
    public required int Batch { get; set; }

    /// <summary>H.</summary>
    public required int Heads { get; set; }

    /// <summary>D.</summary>
    public required int HeadSize { get; set; }

    /// <summary>N.</summary>
    public required int Length { get; set; }

    /// <summary>M, or null when M = N.</summary>
    public int? SourceLength { get; set; }

    /// <summary>Element type.</summary>
    public required string Dtype { get; set; }

    /// <summary>Kind of device.</summary>
    public required string Device { get; set; }

    /// <summary>Options of the implementation.</summary>
    public SortedDictionary<string, string> Options { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Parameters of the task.</summary>
    public SortedDictionary<string, string> Parameters { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Counts the changes of this cell's numbers; touching it first makes two results of one cell wait for each other.</summary>
    public long Revision { get; set; }

    /// <summary>The row of a cell.</summary>
    public static CellRow Of(Cell cell) => new()
    {
        Key = cell.Key,
        Task = cell.Task,
        Implementation = cell.Implementation,
        Mechanism = cell.Mechanism,
        Pattern = cell.Pattern,
        Batch = cell.Batch,
        Heads = cell.Heads,
        HeadSize = cell.HeadSize,
        Length = cell.Length,
        SourceLength = cell.SourceLength,
        Dtype = cell.Dtype,
        Device = cell.Device,
        Options = cell.Options,
        Parameters = cell.Parameters,
    };

    /// <summary>The cell of this row.</summary>
    public Cell ToCell() => new()
    {
        Task = Task,
        Implementation = Implementation,
        Pattern = Pattern,
        Batch = Batch,
        Heads = Heads,
        HeadSize = HeadSize,
        Length = Length,
        SourceLength = SourceLength,
        Dtype = Dtype,
        Device = Device,
        Options = new SortedDictionary<string, string>(Options, StringComparer.Ordinal),
        Parameters = new SortedDictionary<string, string>(Parameters, StringComparer.Ordinal),
    };
}
