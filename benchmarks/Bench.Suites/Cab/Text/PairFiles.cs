using System.Collections;
using System.Text;

namespace Bench.Suites.Cab.Text;

/// <summary>Pairs from two files with one text a line, read from disk where they are asked for.</summary>
internal sealed class PairFiles : IReadOnlyList<SummaryPair>
{
    private readonly LineFile _sources;
    private readonly LineFile _targets;

    /// <summary>Finds the lines of both files.</summary>
    /// <exception cref="FileNotFoundException">One is missing.</exception>
    /// <exception cref="InvalidDataException">They differ in their number of lines.</exception>
    public PairFiles(string sources, string targets)
    {
        (_sources, _targets) = (new LineFile(sources), new LineFile(targets));
        if (_sources.Count != _targets.Count)
        {
            throw new InvalidDataException(
                $"'{sources}' has {_sources.Count} lines and '{targets}' {_targets.Count}; both need one line for each pair. Fetch them again.");
        }
    }

    /// <inheritdoc />
    public int Count => _sources.Count;

    /// <inheritdoc />
    public SummaryPair this[int index] => new(_sources.Read(index), _targets.Read(index));

    /// <inheritdoc />
    public IEnumerator<SummaryPair> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class LineFile
    {
        private readonly string _path;
        private readonly List<long> _starts = [0];

        public LineFile(string path)
        {
            _path = File.Exists(path)
                ? path
                : throw new FileNotFoundException($"'{path}' is missing. It is part of the data set; put it there.", path);
            using var stream = File.OpenRead(path);
            var (buffer, at) = (new byte[1 << 16], 0L);
            for (int read; (read = stream.Read(buffer)) > 0; at += read)
            {
                for (var i = 0; i < read; i++)
                {
                    if (buffer[i] == '\n')
                    {
                        _starts.Add(at + i + 1);
                    }
                }
            }

            if (_starts[^1] < at)
            {
                _starts.Add(at);
            }
        }

        public int Count => _starts.Count - 1;

        public string Read(int index)
        {
            using var stream = File.OpenRead(_path);
            stream.Position = _starts[index];
            var bytes = new byte[_starts[index + 1] - _starts[index]];
            stream.ReadExactly(bytes);
            return Encoding.UTF8.GetString(bytes).TrimEnd('\n', '\r');
        }
    }
}
