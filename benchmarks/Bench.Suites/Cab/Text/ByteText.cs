namespace Bench.Suites.Cab.Text;

/// <summary>A long text that is read in places; its bytes need not be in memory.</summary>
public abstract class ByteText
{
    /// <summary>Bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Bytes from a place on: <paramref name="count"/> of them, or fewer at the end.</summary>
    public abstract byte[] Read(long at, int count);
}

/// <summary>A text in memory.</summary>
/// <param name="bytes">UTF-8.</param>
public sealed class MemoryText(ReadOnlyMemory<byte> bytes) : ByteText
{
    /// <inheritdoc />
    public override long Length => bytes.Length;

    /// <inheritdoc />
    public override byte[] Read(long at, int count) => bytes.Slice((int)at, (int)Math.Min(count, bytes.Length - at)).ToArray();
}

/// <summary>Files one after another, such as the books of PG-19, read from disk where they are asked for.</summary>
public sealed class FolderText : ByteText
{
    private readonly string[] _files;
    private readonly long[] _starts;

    /// <summary>Looks at the sizes of all files of a folder, in the order of their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="filter">Which files, such as <c>*.txt</c>.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public FolderText(string folder, string filter)
    {
        _files = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, filter).Order(StringComparer.Ordinal)] : [];
        if (_files.Length == 0)
        {
            throw new FileNotFoundException($"The folder '{folder}' has no files '{filter}'; unpack the whole data set there.", folder);
        }

        _starts = new long[_files.Length + 1];
        for (var i = 0; i < _files.Length; i++)
        {
            _starts[i + 1] = _starts[i] + new FileInfo(_files[i]).Length;
        }
    }

    /// <inheritdoc />
    public override long Length => _starts[^1];

    /// <inheritdoc />
    public override byte[] Read(long at, int count)
    {
        var read = new byte[Math.Min(count, Length - at)];
        var file = Array.BinarySearch(_starts, at) is var found && found >= 0 ? found : ~found - 1;
        for (var filled = 0; filled < read.Length; file++)
        {
            using var stream = File.OpenRead(_files[file]);
            stream.Position = at + filled - _starts[file];
            filled += stream.ReadAtLeast(read.AsSpan(filled), read.Length - filled, throwOnEndOfStream: false);
        }

        return read;
    }
}
