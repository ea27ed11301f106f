using System.Collections.Concurrent;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>
/// Sliding-window attention with the scores of a block of queries in cache: O(N·w·D) time, no memory but the output. On CPU in float32; other
/// devices and element types take the blocked form.
/// </summary>
/// <remarks>Beltagy et al., arXiv:2004.05150; the kernel is ours.</remarks>
[Attention("local/fused", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "Sliding-window attention", Paper = "arXiv:2004.05150", Time = "O(N·w·D)", Memory = "O(N·D)", State = "2·w·H·D")]
public sealed class FusedLocal(AttentionSettings settings, LocalOptions options) : LocalAttention(settings, options)
{
    private readonly ConcurrentDictionary<(int Before, int Count, int Columns), byte[]> _bands = new();

    // A block twice as long as the reach wastes a third of the strip; a longer one pays once the strip no longer grows in proportion.
    private int BlockRows => Left + Right <= 48 ? 16 : 64;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        Flops(shape), AttentionCost.InputOutputElements(shape), AttentionCost.OutputElements(shape));

    /// <inheritdoc />
    protected override Tensor Attend(Tensor query, AttentionInputs inputs)
    {
        if (HasQuirk || !FusedStrips.Fits(query, inputs.Key, inputs.Value))
        {
            return AttendInBlocks(query, inputs);
        }

        var length = inputs.Key.shape[2];
        return FusedStrips.Run(query, inputs.Key, inputs.Value, inputs.KeyMask, BlockRows, (row, count) => Strip(row, (int)count, length));
    }

    private StripMask Strip(long row, int count, long length)
    {
        var first = Math.Max(0, row - Left);
        var columns = new long[Math.Min(length, row + count + Right) - first];
        for (var j = 0; j < columns.Length; j++)
        {
            columns[j] = first + j;
        }

        // Blocks inside the sequence share one band.
        var before = (int)(row - first);
        return new StripMask(row, count, columns, _bands.GetOrAdd((before, count, columns.Length), Band), BlockRows);
    }

    /// <summary>Key j − before of query i is visible from −Left to +Right: <c>[S, R]</c>.</summary>
    private byte[] Band((int Before, int Count, int Columns) strip)
    {
        var band = new byte[strip.Columns * BlockRows];
        for (var j = 0; j < strip.Columns; j++)
        {
            for (var i = 0; i < strip.Count; i++)
            {
                var distance = j - strip.Before - i;
                band[(j * BlockRows) + i] = distance >= -Left && distance <= Right ? (byte)1 : (byte)0;
            }
        }

        return band;
    }
}
