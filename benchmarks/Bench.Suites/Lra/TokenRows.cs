using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bench.Suites.Lra;

/// <summary>Rows of tokens with classes in flat arrays, so that batches can be cut from them without garbage. Pairs are two documents a row.</summary>
/// <param name="length">L: most tokens of a document; longer ones are cut on the right.</param>
/// <param name="pairs">Whether each row has two documents.</param>
public sealed class TokenRows(int length, bool pairs = false)
{
    private const int ChunkTokens = 1 << 22;
    private readonly List<ushort[]> _chunks = [];
    private readonly List<(int Chunk, int Start, int Count)> _documents = [];
    private readonly List<byte> _labels = [];
    private int _used;

    /// <summary>L.</summary>
    public int Length => length;

    /// <summary>Whether each row has two documents.</summary>
    public bool Pairs => pairs;

    /// <summary>Rows.</summary>
    public int Count => _labels.Count;

    /// <summary>Adds a row of one document.</summary>
    public void Add(LabelledTokens row) => Add(row.Label, row.Tokens);

    /// <summary>Adds a row of two documents.</summary>
    public void Add(DocumentPair row) => Add(row.Label, row.First, row.Second);

    /// <summary>Class of a row.</summary>
    public int Label(int row) => _labels[row];

    /// <summary>Tokens of a document as it stands in the data, without padding.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="second">Whether the second document of a pair is meant.</param>
    public ReadOnlySpan<ushort> Document(int row, bool second = false)
    {
        var (chunk, start, count) = _documents[pairs ? (2 * row) + (second ? 1 : 0) : row];
        return _chunks[chunk].AsSpan(start, count);
    }

    /// <summary>A batch of chosen rows, padded with 0.</summary>
    public LraBatch Cut(ReadOnlySpan<int> rows)
    {
        var documents = pairs ? 2 : 1;
        var batch = new LraBatch(length, new long[documents * rows.Length * length], new long[documents * rows.Length], new long[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            batch.Labels[i] = _labels[rows[i]];
            for (var part = 0; part < documents; part++)
            {
                var place = (part * rows.Length) + i;
                var document = Document(rows[i], part == 1);
                batch.Lengths[place] = document.Length;
                for (var at = 0; at < document.Length; at++)
                {
                    batch.Inputs[(place * length) + at] = document[at];
                }
            }
        }

        return batch;
    }

    /// <summary>A number that equal rows share; differing ones practically never.</summary>
    public static Guid Fingerprint(IReadOnlyList<int> first, IReadOnlyList<int>? second = null)
    {
        int[] all = [first.Count, .. first, .. second ?? []];
        return new Guid(SHA256.HashData(MemoryMarshal.AsBytes(all.AsSpan())).AsSpan(0, 16));
    }

    /// <summary>Share of the most frequent class.</summary>
    public double MajorityShare => _labels.CountBy(label => label).Max(pair => pair.Value) / (double)Count;

    private void Add(int label, params ReadOnlySpan<IReadOnlyList<int>> documents)
    {
        foreach (var document in documents)
        {
            // An empty text still has one token, so that attention has something to read.
            var count = Math.Max(1, Math.Min(document.Count, length));
            if (_chunks.Count == 0 || _used + count > _chunks[^1].Length)
            {
                _chunks.Add(new ushort[Math.Max(count, ChunkTokens)]);
                _used = 0;
            }

            for (var i = 0; i < Math.Min(count, document.Count); i++)
            {
                _chunks[^1][_used + i] = (ushort)document[i];
            }

            _documents.Add((_chunks.Count - 1, _used, count));
            _used += count;
        }

        _labels.Add((byte)label);
    }
}
