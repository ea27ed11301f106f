namespace Bench.Attention.Primitives;

/// <summary>Keys and values that several query heads share.</summary>
public static class GroupedHeads
{
    /// <summary>Repeats each of Hk heads H/Hk times: <c>[B, Hk, M, D]</c> to <c>[B, H, M, D]</c>; the argument itself when H = Hk.</summary>
    public static Tensor Expand(Tensor rows, int heads) => rows.shape[1] == heads ? rows : rows.repeat_interleave(heads / rows.shape[1], 1);
}
