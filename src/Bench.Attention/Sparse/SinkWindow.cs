using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Key j is visible to query i when j ≤ i and j is among the first s tokens or i − j &lt; w. Decoding keeps the sinks and a ring of the
/// w newest tokens; where heads differ, the largest of each.
/// </summary>
public abstract class SinkWindow : FixedPattern
{
    private readonly long[] _sinks;
    private readonly long[] _windows;

    /// <summary>Sinks and windows of the given options.</summary>
    /// <exception cref="ArgumentException">A size cannot be read, or a window is empty.</exception>
    protected SinkWindow(AttentionSettings settings, SinkWindowOptions options, bool gathers)
        : base(settings, gathers)
    {
        (_sinks, _windows) = (PerHead.Read(options.Sink, settings.Heads, "sink"), PerHead.Read(options.Window, settings.Heads, "window"));
        if (_windows.Min() < 1)
        {
            throw new ArgumentException("Option 'window' holds 0, but a query always sees itself; the least window is 1.");
        }
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        var state = new SinkWindowState((int)_sinks.Max(), (int)_windows.Max());
        state.Append(inputs.Key, inputs.Value);
        return (forward(inputs), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (SinkWindowState)state;
        cache.Append(token.Key, token.Value);
        var (keys, values) = (GroupedHeads.Expand(cache.Keys, Settings.Heads), GroupedHeads.Expand(cache.Values, Settings.Heads));
        var row = full([1, 1], cache.Position - 1, dtype: ScalarType.Int64, device: keys.device);
        var visible = Sees(arange(Settings.Heads, device: keys.device).view(-1, 1, 1), row, cache.Positions(keys.device), cache.Position);
        var scores = (token.Query / Math.Sqrt(Settings.HeadSize)).matmul(keys.transpose(-2, -1));     // [B, H, 1, L]
        return MaskedSoftmax.Of(scores, visible).matmul(values).MoveToOuterDisposeScope();             // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        Math.Min(shape.Length, _sinks.Max() + _windows.Max()) * Settings.KeyValueHeads * (Settings.HeadSize + Settings.ValueSize);

    /// <inheritdoc />
    protected override Tensor Sees(Tensor head, Tensor row, Tensor column, long length)
    {
        // Heads that are alike share one mask.
        Tensor Sizes(long[] sizes) => tensor(sizes.Distinct().Count() == 1 ? sizes[..1] : sizes, ScalarType.Int64, column.device).view(-1, 1, 1);
        return column.lt(Sizes(_sinks)).logical_or((row - column).lt(Sizes(_windows)));
    }

    /// <inheritdoc />
    protected override IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length) =>
        [(0, _sinks.Max()), (firstRow - _windows.Max() + 1, rows + _windows.Max() - 1)];
}
