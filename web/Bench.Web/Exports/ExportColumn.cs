namespace Bench.Web.Exports;

/// <summary>One column of an exported table. The order of columns is frozen; new ones go to the end.</summary>
/// <param name="Name">camelCase name.</param>
/// <param name="Type">string, double, long, int or bool.</param>
/// <param name="Read">Value of a row; null is an empty cell.</param>
internal sealed record ExportColumn<T>(string Name, Type Type, Func<T, object?> Read)
{
    /// <summary>A column of text.</summary>
    public static ExportColumn<T> Text(string name, Func<T, string?> read) => new(name, typeof(string), read);

    /// <summary>A column of floating-point numbers.</summary>
    public static ExportColumn<T> Number(string name, Func<T, double?> read) => new(name, typeof(double), row => read(row));

    /// <summary>A column of whole numbers.</summary>
    public static ExportColumn<T> Whole(string name, Func<T, long?> read) => new(name, typeof(long), row => read(row));
}

/// <summary>How a table is written.</summary>
internal enum ExportFormat
{
    Csv,
    Ndjson,
    Parquet,
}
