namespace Bench.Attention.Primitives.Fused;

/// <summary>What happens to the state at the end of a block. A constant of the compiled kernel: a branch among the multiply-adds costs registers.</summary>
internal interface IStateScale
{
    /// <summary>A factor for each row.</summary>
    static abstract bool IsByRow { get; }

    /// <summary>A factor for each column.</summary>
    static abstract bool IsByColumn { get; }
}

/// <summary>Nothing: no decay.</summary>
internal readonly struct NoScale : IStateScale
{
    public static bool IsByRow => false;

    public static bool IsByColumn => false;
}

/// <summary>A decay of rows.</summary>
internal readonly struct RowScale : IStateScale
{
    public static bool IsByRow => true;

    public static bool IsByColumn => false;
}

/// <summary>A decay of columns, or one for the whole state.</summary>
internal readonly struct ColumnScale : IStateScale
{
    public static bool IsByRow => false;

    public static bool IsByColumn => true;
}
