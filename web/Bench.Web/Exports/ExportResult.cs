using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace Bench.Web.Exports;

/// <summary>
/// A table as CSV (RFC 4180, UTF-8), NDJSON or Parquet. It is made on disk, in constant memory, before the first byte is sent: so its length and
/// digest stand in the header (RFC 9530), and what fails half way is an error and not a short file.
/// </summary>
internal sealed class ExportResult<T>(
    string fileName, ExportFormat format, IReadOnlyList<ExportColumn<T>> columns, IAsyncEnumerable<T> rows) : IResult
{
    private const int RowsPerGroup = 5_000;

    /// <inheritdoc />
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ExportFormats.MediaType(format) + (format == ExportFormat.Csv ? "; charset=utf-8; header=present" : "");
        response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}.{format.ToString().ToLowerInvariant()}\"";
        response.Headers["Bench-Export-Version"] = "1";
        await using var file = ExportFiles.Temporary();
        await WriteAsync(file, httpContext.RequestAborted);
        file.Position = 0;
        response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(await SHA256.HashDataAsync(file, httpContext.RequestAborted))}:";
        response.ContentLength = file.Length;
        file.Position = 0;
        await file.CopyToAsync(response.Body, httpContext.RequestAborted);
    }

    /// <summary>Writes the whole table.</summary>
    internal Task WriteAsync(Stream body, CancellationToken cancellation) => format switch
    {
        ExportFormat.Csv => WriteCsvAsync(body, cancellation),
        ExportFormat.Ndjson => WriteNdjsonAsync(body, cancellation),
        _ => WriteParquetAsync(body, cancellation),
    };

    private async Task WriteCsvAsync(Stream body, CancellationToken cancellation)
    {
        await using var writer = new StreamWriter(body, new UTF8Encoding(false), 32 << 10, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', columns.Select(column => column.Name)));
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            for (var i = 0; i < columns.Count; i++)
            {
                await writer.WriteAsync(i == 0 ? "" : ",");
                await writer.WriteAsync(CsvCell(columns[i].Read(row)));
            }

            await writer.WriteLineAsync();
        }
    }

    /// <summary>Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers.</summary>
    internal static string CsvCell(object? value)
    {
        if (value is not string text)
        {
            return value switch
            {
                null => "",
                double number => number.ToString("R", CultureInfo.InvariantCulture),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            };
        }

        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
        {
            text = "'" + text;
        }

        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private async Task WriteNdjsonAsync(Stream body, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(64 << 10);
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            await using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                foreach (var column in columns)
                {
                    WriteJson(json, column.Name, column.Read(row));
                }

                json.WriteEndObject();
            }

            buffer.Write("\n"u8);
            if (buffer.WrittenCount > 32 << 10)
            {
                await body.WriteAsync(buffer.WrittenMemory, cancellation);
                buffer.ResetWrittenCount();
            }
        }

        await body.WriteAsync(buffer.WrittenMemory, cancellation);
    }

    private static void WriteJson(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case double number:
                json.WriteNumber(name, number);
                break;
            case long whole:
                json.WriteNumber(name, whole);
                break;
            default:
                json.WriteString(name, (string)value);
                break;
        }
    }

    private async Task WriteParquetAsync(Stream file, CancellationToken cancellation)
    {
        var fields = columns.Select(column => new DataField(column.Name, column.Type, isNullable: true)).ToArray();
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file, cancellationToken: cancellation);
        var group = new List<T>(RowsPerGroup);
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            group.Add(row);
            if (group.Count == RowsPerGroup)
            {
                await WriteGroupAsync(writer, fields, group, cancellation);
            }
        }

        await WriteGroupAsync(writer, fields, group, cancellation);
    }

    private async Task WriteGroupAsync(ParquetWriter writer, DataField[] fields, List<T> rows, CancellationToken cancellation)
    {
        using var group = writer.CreateRowGroup();
        for (var i = 0; i < fields.Length; i++)
        {
            await WriteColumnAsync(group, fields[i], columns[i], rows, cancellation);
        }

        rows.Clear();
    }

    private static async Task WriteColumnAsync(
        ParquetRowGroupWriter group, DataField field, ExportColumn<T> column, List<T> rows, CancellationToken cancellation)
    {
        if (column.Type == typeof(double))
        {
            await group.WriteAsync<double>(field, rows.Select(row => (double?)column.Read(row)).ToArray(), cancellationToken: cancellation);
        }
        else if (column.Type == typeof(long))
        {
            await group.WriteAsync<long>(field, rows.Select(row => (long?)column.Read(row)).ToArray(), cancellationToken: cancellation);
        }
        else
        {
            await group.WriteAsync(field, rows.Select(row => (string)column.Read(row)!).ToArray());
        }
    }
}
