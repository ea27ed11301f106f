using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>The map that makes queries and keys of linear attention positive.</summary>
internal static class PositiveRows
{
    /// <summary>
    /// elu(x) + 1; without a gradient as <c>e^min(x, 0) + max(x, 0)</c>, half the time of elu's e^x − 1, and exact where that loses everything to the 1 it
    /// adds back.
    /// </summary>
    public static Tensor EluPlusOne(Tensor rows)
    {
        if (is_grad_enabled() && rows.requires_grad)
        {
            // elu's gradient is one pass, that of the sum five.
            return nn.functional.elu(rows, 1) + 1;
        }

        if (ChunkRows.Takes(rows))
        {
            return ChunkRows.EluPlusOne(rows);
        }

        using var exponential = rows.clamp_max(0).exp_();
        using var positive = rows.relu();
        return positive + exponential;
    }
}
