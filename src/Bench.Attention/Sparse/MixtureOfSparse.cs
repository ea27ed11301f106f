using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>Blocks of sinks and of the newest tokens, as many for each head as was calibrated for it.</summary>
public abstract class MixtureOfSparse(AttentionSettings settings, MixtureOptions options, bool gathers) : FixedPattern(settings, gathers)
{
    private readonly long[] _sinks = [.. PerHead.Read(options.Sink, settings.Heads, "sink").Select(size => size / options.Block)];
    private readonly long[] _locals = [.. PerHead.Read(options.Local, settings.Heads, "local").Select(size => Math.Max(1, size / options.Block))];

    /// <inheritdoc />
    protected override Tensor Sees(Tensor head, Tensor row, Tensor column, long length)
    {
        Tensor Blocks(long[] sizes) => tensor(sizes, ScalarType.Int64, column.device).view(-1, 1, 1);
        var (query, key) = (row.floor_divide(options.Block), column.floor_divide(options.Block));
        return key.lt(Blocks(_sinks)).logical_or((query - key).lt(Blocks(_locals)));
    }

    /// <inheritdoc />
    protected override IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length)
    {
        var first = (firstRow / options.Block - _locals.Max() + 1) * options.Block;
        return [(0, _sinks.Max() * options.Block), (first, firstRow + rows - first)];
    }
}
