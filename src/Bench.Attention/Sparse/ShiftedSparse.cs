using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Causal attention inside groups of G tokens; the second half of the heads has its groups shifted by G/2, first and last ones being half
/// as long.
/// </summary>
public abstract class ShiftedSparse : FixedPattern
{
    private readonly ShiftedOptions _options;

    /// <summary>Groups of the given options.</summary>
    /// <exception cref="ArgumentException">The group is odd, so that shift and shift back would differ.</exception>
    protected ShiftedSparse(AttentionSettings settings, ShiftedOptions options, bool gathers)
        : base(settings, gathers)
    {
        _options = options;
        if (options.Group % 2 != 0)
        {
            throw new ArgumentException($"Option 'group' is {options.Group}; half of it is the shift, so it must be even.");
        }
    }

    /// <inheritdoc />
    public override bool Decodes => false;

    /// <inheritdoc />
    protected override bool HidesLaterKeys => !_options.WrapQuirk;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => _options.WrapQuirk && shape.Length % _options.Group != 0
        ? $"length {shape.Length} is not a multiple of the group {_options.Group}, which wrapping needs"
        : null;

    /// <inheritdoc />
    protected override Tensor Sees(Tensor head, Tensor row, Tensor column, long length)
    {
        var shift = head.ge(Settings.Heads / 2).to(ScalarType.Int64) * (_options.Group / 2); // [H, 1, 1]
        if (!_options.WrapQuirk)
        {
            return (row + shift).floor_divide(_options.Group).eq((column + shift).floor_divide(_options.Group));
        }

        var (query, key) = ((row - shift).remainder(length), (column - shift).remainder(length));
        return query.floor_divide(_options.Group).eq(key.floor_divide(_options.Group)).logical_and(key.le(query));
    }

    /// <inheritdoc />
    protected override IEnumerable<(long First, long Count)> Spans(long firstRow, long rows, long length) => _options.WrapQuirk
        ? [(0, length)]
        : [(firstRow - _options.Group + 1, rows + _options.Group - 1)];
}
