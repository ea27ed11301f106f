using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What the implementations of sliding-window attention share: the window, its decode with the w newest keys, cost.
/// A query whose whole window is padded gives zeros.
/// </summary>
public abstract class LocalAttention : AttentionOperator
{
    private readonly LocalOptions _options;

    /// <summary>A window of the given options.</summary>
    protected LocalAttention(AttentionSettings settings, LocalOptions options)
        : base(settings)
    {
        _options = options;
        (Left, Right) = settings.Pattern == AttentionPattern.CausalSelf ? (options.Window - 1, 0) : (options.Window, options.Window);
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern == AttentionPattern.CausalSelf && !_options.CabPaddingQuirk;

    /// <summary>Visible keys before the query's own position.</summary>
    protected int Left { get; }

    /// <summary>Visible keys after the query's own position.</summary>
    protected int Right { get; }

    // A block near the reach keeps the share of hidden pairs in the strip at a half; below 32 rows the products lose their speed.
    private int Block => Math.Max(32, Left + Right);

    private int Strip => Left + Block + Right;

    /// <summary>Whether CAB's handling of edges is asked for.</summary>
    protected bool HasQuirk => _options.CabPaddingQuirk;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Attend(inputs.Query / Math.Sqrt(Settings.HeadSize), inputs).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => PrefillKeyValues(inputs, _options.Window);

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (KeyValueState)state;
        cache.Append(token.Key, token.Value);
        var scores = (token.Query / Math.Sqrt(Settings.HeadSize)).matmul(cache.Keys.transpose(-2, -1)); // [B, H, 1, L]
        return scores.softmax(-1).matmul(cache.Values).MoveToOuterDisposeScope();                        // [B, H, 1, Dv]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes
        ? Math.Min(shape.Length, _options.Window) * (long)Settings.Heads * (Settings.HeadSize + Settings.ValueSize)
        : 0;

    /// <summary>Attention of scaled queries.</summary>
    protected abstract Tensor Attend(Tensor query, AttentionInputs inputs);

    /// <summary>Attention of scaled queries by blocks that share a strip of keys: <c>[B, H, N, Dv]</c>.</summary>
    protected Tensor AttendInBlocks(Tensor query, AttentionInputs inputs)
    {
        var length = query.shape[2];
        var blocks = (length + Block - 1) / Block;
        var after = blocks * Block - length;
        var queries = nn.functional.pad(query, [0, 0, 0, after]).unflatten(2, [blocks, Block]);       // [B, H, n, c, D]
        var keys = Pad(inputs.Key, after + Right).unfold(2, Strip, Block);                             // [B, H, n, D, s]
        var values = Pad(inputs.Value, after + Right).unfold(2, Strip, Block).transpose(-2, -1);       // [B, H, n, s, Dv]
        var band = ones([Block, Strip], ScalarType.Bool, query.device).tril(Left + Right).triu();      // [c, s]
        var visible = Visible(inputs, after + Right).unfold(1, Strip, Block)[.., TensorIndex.None, .., TensorIndex.None, ..]
            .logical_and(band);                                                                        // [B, 1, n, c, s]
        var weights = MaskedSoftmax.Of(queries.matmul(keys), visible);                                 // [B, H, n, c, s]
        return weights.matmul(values).flatten(2, 3).narrow(2, 0, length);                              // [B, H, N, Dv]
    }

    /// <summary>Numbers that <see cref="AttendInBlocks"/> holds at its peak.</summary>
    protected double BlockedElements(AttentionShape shape) =>
        shape.Rows * shape.Length * ((2.0 * Strip) + ((double)Strip / Block * (shape.HeadSize + shape.ValueSize)) + shape.HeadSize + shape.ValueSize);

    /// <summary>Keys or values with <see cref="Left"/> rows before and the given number after: zeros, or copies of the edge for CAB's quirk.</summary>
    protected Tensor Pad(Tensor rows, long after)
    {
        if (!_options.CabPaddingQuirk)
        {
            return nn.functional.pad(rows, [0, 0, Left, after]);
        }

        var (first, last) = (rows.narrow(2, 0, 1), rows.narrow(2, rows.shape[2] - 1, 1));
        return cat([first.expand(-1, -1, Left, -1), rows, last.expand(-1, -1, after, -1)], 2);
    }

    /// <summary>Which padded slots may be read: <c>[B or 1, Left + N + after]</c>.</summary>
    protected Tensor Visible(AttentionInputs inputs, long after)
    {
        var length = inputs.Key.shape[2];
        var mask = inputs.KeyMask ?? ones([1, length], ScalarType.Bool, inputs.Key.device);
        if (!_options.CabPaddingQuirk || inputs.KeyMask is null)
        {
            return nn.functional.pad(mask, [Left, after]);
        }

        var (first, last) = (mask.narrow(1, 0, 1), mask.narrow(1, length - 1, 1));
        return cat([first.expand(-1, Left), ones_like(mask), last.expand(-1, after)], 1);
    }

    /// <summary>Visible pairs of one row of work: the window, cut at the ends of the sequence.</summary>
    protected double Pairs(AttentionShape shape)
    {
        double Side(double reach) => reach < shape.Length
            ? shape.Length * reach - reach * (reach + 1) / 2
            : shape.Length * (shape.Length - 1d) / 2;
        return shape.Length + Side(Left) + Side(Right);
    }

    /// <summary>Operations of both products and of the softmax (5 per visible pair).</summary>
    protected double Flops(AttentionShape shape) =>
        shape.Rows * Pairs(shape) * (2.0 * shape.HeadSize + 2.0 * shape.ValueSize + 5);
}
