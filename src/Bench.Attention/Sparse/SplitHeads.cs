namespace Bench.Attention.Sparse;

/// <summary>Short heads with a causal window and long heads with full causal attention.</summary>
public abstract class SplitHeads(AttentionSettings settings, SplitHeadsOptions options, bool gathers) : FixedPattern(settings, gathers)
{
    /// <summary>Heads with a window.</summary>
    protected int LocalHeads => options.LocalHeads < 0 ? Settings.Heads / 2 : Math.Min(options.LocalHeads, Settings.Heads);

    /// <summary>Their window.</summary>
    protected int Window => options.Window;

    /// <inheritdoc />
    protected override Tensor Sees(Tensor head, Tensor row, Tensor column, long length) =>
        (row - column).lt(options.Window).logical_or(head.ge(LocalHeads));

    /// <inheritdoc />
    protected override IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length) => [(0, length)];
}
