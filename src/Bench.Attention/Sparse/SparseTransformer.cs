namespace Bench.Attention.Sparse;

/// <summary>The strided, fixed and local patterns of the Sparse Transformer, one for all heads but for the choice of summary blocks.</summary>
public abstract class SparseTransformer : FixedPattern
{
    private readonly SparseTransformerOptions _options;

    /// <summary>A pattern of the given options.</summary>
    /// <exception cref="ArgumentException">The segment is no multiple of the block.</exception>
    protected SparseTransformer(AttentionSettings settings, SparseTransformerOptions options, bool gathers)
        : base(settings, gathers)
    {
        _options = options;
        if (options.Mode == SparseTransformerMode.Fixed && options.Stride % options.Block != 0)
        {
            throw new ArgumentException($"Option 'stride' is {options.Stride}; the fixed pattern needs a multiple of 'block' {options.Block}.");
        }
    }

    private long Segment => _options.Stride / _options.Block;

    // The strided pattern shares columns only among rows a stride apart, so gathering serves small blocks better.
    /// <inheritdoc />
    protected override int RowsPerBlock => _options.Mode == SparseTransformerMode.Strided ? 32 : 64;

    /// <inheritdoc />
    protected override Tensor Sees(Tensor head, Tensor row, Tensor column, long length)
    {
        switch (_options.Mode)
        {
            case SparseTransformerMode.Strided:
                return (row - column).remainder(_options.Stride).eq(0);
            case SparseTransformerMode.Local:
                return (row - column).lt(_options.Stride);
            default:
                var (query, key) = (row.floor_divide(_options.Block), column.floor_divide(_options.Block));
                var group = (Segment - 1 - key.remainder(Segment)).floor_divide(_options.SummaryBlocks);
                return query.floor_divide(Segment).eq(key.floor_divide(Segment)).logical_or(group.eq(head.remainder(_options.Summaries)));
        }
    }

    /// <inheritdoc />
    protected override IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length)
    {
        long stride = _options.Stride;
        switch (_options.Mode)
        {
            case SparseTransformerMode.Strided:
                for (var at = firstRow % stride; at < firstRow + rows + stride; at += stride)
                {
                    yield return (at - stride, rows);
                }

                break;
            case SparseTransformerMode.Local:
                yield return (firstRow - stride + 1, rows + stride - 1);
                break;
            default:
                yield return (firstRow / stride * stride, rows + stride);
                long summary = Math.Min(stride, (long)_options.Summaries * _options.SummaryBlocks * _options.Block);
                for (long segment = 0; segment < firstRow + rows; segment += stride)
                {
                    yield return (segment + stride - summary, summary);
                }

                break;
        }
    }
}
