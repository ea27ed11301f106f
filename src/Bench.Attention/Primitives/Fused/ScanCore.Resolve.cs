using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal static unsafe partial class ScanCore<TSimd, TVector, TProgram>
{
    private static bool IsAdjoint
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TProgram.Dependence is Dependence.DeltaAdjoint or Dependence.CorrectionAdjoint;
    }

    /// <summary>What the delta rule writes to a strip: β times the value less what the state, and the tokens of the block before, hold for its key.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ResolveFirst(in ScanBlock block, nint c)
    {
        var width = TSimd.Lanes;
        var value = block.Values + c;
        TVector a00 = TSimd.Load(value), a01 = TSimd.Load(value + width);
        value += block.ValuePitch;
        TVector a10 = TSimd.Load(value), a11 = TSimd.Load(value + width);
        value += block.ValuePitch;
        TVector a20 = TSimd.Load(value), a21 = TSimd.Load(value + width);
        value += block.ValuePitch;
        TVector a30 = TSimd.Load(value), a31 = TSimd.Load(value + width);
        nint columns = block.Columns, rows = block.Rows;
        float* cell = block.State + c, left = block.Dependent;
        for (nint d = 0; d < rows; d++, cell += columns, left++)
        {
            TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
            Add(ref a00, ref a01, left, s0, s1);
            Add(ref a10, ref a11, left + rows, s0, s1);
            Add(ref a20, ref a21, left + (2 * rows), s0, s1);
            Add(ref a30, ref a31, left + (3 * rows), s0, s1);
        }

        float* gram = block.Gram0, strength = block.Strength, right = block.Right0 + c;
        Keep(block, 0, c, a00, a01);
        Scale(ref a00, ref a01, strength);
        Put(right, a00, a01);
        Add(ref a10, ref a11, gram + 4, a00, a01);
        Keep(block, 1, c, a10, a11);
        Scale(ref a10, ref a11, strength + 1);
        Put(right + columns, a10, a11);
        Add(ref a20, ref a21, gram + 8, a00, a01);
        Add(ref a20, ref a21, gram + 9, a10, a11);
        Keep(block, 2, c, a20, a21);
        Scale(ref a20, ref a21, strength + 2);
        Put(right + (2 * columns), a20, a21);
        Add(ref a30, ref a31, gram + 12, a00, a01);
        Add(ref a30, ref a31, gram + 13, a10, a11);
        Add(ref a30, ref a31, gram + 14, a20, a21);
        Keep(block, 3, c, a30, a31);
        Scale(ref a30, ref a31, strength + 3);
        Put(right + (3 * columns), a30, a31);
    }

    /// <summary>What a dependent second write writes to a strip: what its row reads from the state and from the tokens of the block before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ResolveSecond(in ScanBlock block, nint c)
    {
        var width = TSimd.Lanes;
        TVector b00 = default, b01 = default, b10 = default, b11 = default, b20 = default, b21 = default, b30 = default, b31 = default;
        nint columns = block.Columns, rows = block.Rows;
        float* cell = block.State + c, left = block.Dependent;
        for (nint d = 0; d < rows; d++, cell += columns, left++)
        {
            TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width);
            Add(ref b00, ref b01, left, s0, s1);
            Add(ref b10, ref b11, left + rows, s0, s1);
            Add(ref b20, ref b21, left + (2 * rows), s0, s1);
            Add(ref b30, ref b31, left + (3 * rows), s0, s1);
        }

        float* gram0 = block.Gram0, gram1 = block.Gram1, first = block.Right0 + c;
        TVector a0 = TSimd.Load(first), a1 = TSimd.Load(first + width);
        if (IsAdjoint)
        {
            Add(ref b00, ref b01, gram0, a0, a1);
        }

        Add(ref b10, ref b11, gram0 + 4, a0, a1);
        Add(ref b20, ref b21, gram0 + 8, a0, a1);
        Add(ref b30, ref b31, gram0 + 12, a0, a1);
        first += block.Pitch0;
        (a0, a1) = (TSimd.Load(first), TSimd.Load(first + width));
        if (IsAdjoint)
        {
            Add(ref b10, ref b11, gram0 + 5, a0, a1);
        }

        Add(ref b20, ref b21, gram0 + 9, a0, a1);
        Add(ref b30, ref b31, gram0 + 13, a0, a1);
        first += block.Pitch0;
        (a0, a1) = (TSimd.Load(first), TSimd.Load(first + width));
        if (IsAdjoint)
        {
            Add(ref b20, ref b21, gram0 + 10, a0, a1);
        }

        Add(ref b30, ref b31, gram0 + 14, a0, a1);
        if (IsAdjoint)
        {
            first += block.Pitch0;
            (a0, a1) = (TSimd.Load(first), TSimd.Load(first + width));
            Add(ref b30, ref b31, gram0 + 15, a0, a1);
        }

        var right = block.Right1 + c;
        Depend(block, 0, c, ref b00, ref b01);
        Put(right, b00, b01);
        Add(ref b10, ref b11, gram1 + 4, b00, b01);
        Depend(block, 1, c, ref b10, ref b11);
        Put(right + columns, b10, b11);
        Add(ref b20, ref b21, gram1 + 8, b00, b01);
        Add(ref b20, ref b21, gram1 + 9, b10, b11);
        Depend(block, 2, c, ref b20, ref b21);
        Put(right + (2 * columns), b20, b21);
        Add(ref b30, ref b31, gram1 + 12, b00, b01);
        Add(ref b30, ref b31, gram1 + 13, b10, b11);
        Add(ref b30, ref b31, gram1 + 14, b20, b21);
        Depend(block, 3, c, ref b30, ref b31);
        Put(right + (3 * columns), b30, b31);
    }

    /// <summary>From what a token read to what it writes second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Depend(in ScanBlock block, int token, nint c, ref TVector p0, ref TVector p1)
    {
        if (TProgram.Dependence == Dependence.DeltaAdjoint)
        {
            var errors = block.Errors + (token * block.KeptPitch) + c;
            var sum = block.ErrorSums + (token * TSimd.Lanes);
            var products = TSimd.MultiplyAdd(TSimd.Load(errors + TSimd.Lanes), p1, TSimd.Multiply(TSimd.Load(errors), p0));
            TSimd.Store(sum, TSimd.Add(TSimd.Load(sum), products));
            Scale(ref p0, ref p1, block.Strength + token);
        }

        Keep(block, token, c, p0, p1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(in ScanBlock block, int token, nint c, TVector p0, TVector p1)
    {
        Put(block.Kept + (token * block.KeptPitch) + c, p0, p1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, TVector x0, TVector x1)
    {
        TSimd.Store(to, x0);
        TSimd.Store(to + TSimd.Lanes, x1);
    }
}
