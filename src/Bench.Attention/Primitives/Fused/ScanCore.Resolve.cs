using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal static unsafe partial class ScanCore<TSimd, TVector, TProgram>
{
    private static bool IsAdjoint
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TProgram.Dependence is Dependence.DeltaAdjoint or Dependence.CorrectionAdjoint;
    }

    /// <summary>Whether the columns are whole strips of four vectors, which <see cref="ReadDependent"/> reads at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ReadsFourVectors(in ScanBlock block) => block.Columns % (4 * TSimd.Lanes) == 0;

    /// <summary>
    /// Reads the dependent rows from four vectors of the state at once: with sixteen sums on their way no multiply-add waits for the one before it, and a
    /// factor serves four of them. The delta rule's sums begin with the values.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ReadDependent(in ScanBlock block, nint c)
    {
        var width = TSimd.Lanes;
        TVector p00 = default, p01 = default, p02 = default, p03 = default, p10 = default, p11 = default, p12 = default, p13 = default;
        TVector p20 = default, p21 = default, p22 = default, p23 = default, p30 = default, p31 = default, p32 = default, p33 = default;
        if (TProgram.Dependence == Dependence.Delta)
        {
            var value = block.Values + c;
            (p00, p01, p02, p03) = (TSimd.Load(value), TSimd.Load(value + width), TSimd.Load(value + (2 * width)), TSimd.Load(value + (3 * width)));
            value += block.ValuePitch;
            (p10, p11, p12, p13) = (TSimd.Load(value), TSimd.Load(value + width), TSimd.Load(value + (2 * width)), TSimd.Load(value + (3 * width)));
            value += block.ValuePitch;
            (p20, p21, p22, p23) = (TSimd.Load(value), TSimd.Load(value + width), TSimd.Load(value + (2 * width)), TSimd.Load(value + (3 * width)));
            value += block.ValuePitch;
            (p30, p31, p32, p33) = (TSimd.Load(value), TSimd.Load(value + width), TSimd.Load(value + (2 * width)), TSimd.Load(value + (3 * width)));
        }

        nint columns = block.Columns, rows = block.Rows;
        float* cell = block.State + c, left = block.Dependent;
        for (nint d = 0; d < rows; d++, cell += columns, left++)
        {
            TVector s0 = TSimd.Load(cell), s1 = TSimd.Load(cell + width), s2 = TSimd.Load(cell + (2 * width)), s3 = TSimd.Load(cell + (3 * width));
            Add(ref p00, ref p01, ref p02, ref p03, left, s0, s1, s2, s3);
            Add(ref p10, ref p11, ref p12, ref p13, left + rows, s0, s1, s2, s3);
            Add(ref p20, ref p21, ref p22, ref p23, left + (2 * rows), s0, s1, s2, s3);
            Add(ref p30, ref p31, ref p32, ref p33, left + (3 * rows), s0, s1, s2, s3);
        }

        var to = (TProgram.Dependence == Dependence.Delta ? block.Right0 : block.Right1) + c;
        Put(to, p00, p01);
        Put(to + (2 * width), p02, p03);
        Put(to + columns, p10, p11);
        Put(to + columns + (2 * width), p12, p13);
        Put(to + (2 * columns), p20, p21);
        Put(to + (2 * columns) + (2 * width), p22, p23);
        Put(to + (3 * columns), p30, p31);
        Put(to + (3 * columns) + (2 * width), p32, p33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        ref TVector to0, ref TVector to1, ref TVector to2, ref TVector to3, float* factor, TVector from0, TVector from1, TVector from2, TVector from3)
    {
        var scale = TSimd.Broadcast(*factor);
        (to0, to1) = (TSimd.MultiplyAdd(scale, from0, to0), TSimd.MultiplyAdd(scale, from1, to1));
        (to2, to3) = (TSimd.MultiplyAdd(scale, from2, to2), TSimd.MultiplyAdd(scale, from3, to3));
    }

    /// <summary>What the delta rule writes to a strip: β times the value less what the state, and the tokens of the block before, hold for its key.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ResolveFirst(in ScanBlock block, nint c)
    {
        var width = TSimd.Lanes;
        nint columns = block.Columns;
        // Where four vectors were read at once, what remains of the values lies where the writes go.
        var isRead = ReadsFourVectors(block);
        var value = isRead ? block.Right0 + c : block.Values + c;
        var pitch = isRead ? columns : block.ValuePitch;
        TVector a00 = TSimd.Load(value), a01 = TSimd.Load(value + width);
        value += pitch;
        TVector a10 = TSimd.Load(value), a11 = TSimd.Load(value + width);
        value += pitch;
        TVector a20 = TSimd.Load(value), a21 = TSimd.Load(value + width);
        value += pitch;
        TVector a30 = TSimd.Load(value), a31 = TSimd.Load(value + width);
        nint rows = isRead ? 0 : block.Rows;
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
        Add(ref a10, ref a11, gram + Gram.P10, a00, a01);
        Keep(block, 1, c, a10, a11);
        Scale(ref a10, ref a11, strength + 1);
        Put(right + columns, a10, a11);
        Add(ref a20, ref a21, gram + Gram.P20, a00, a01);
        Add(ref a20, ref a21, gram + Gram.P21, a10, a11);
        Keep(block, 2, c, a20, a21);
        Scale(ref a20, ref a21, strength + 2);
        Put(right + (2 * columns), a20, a21);
        Add(ref a30, ref a31, gram + Gram.P30, a00, a01);
        Add(ref a30, ref a31, gram + Gram.P31, a10, a11);
        Add(ref a30, ref a31, gram + Gram.P32, a20, a21);
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
        float* cell = block.State + c, left = block.Dependent, right = block.Right1 + c;
        if (ReadsFourVectors(block))
        {
            rows = 0;
            (b00, b01) = (TSimd.Load(right), TSimd.Load(right + width));
            (b10, b11) = (TSimd.Load(right + columns), TSimd.Load(right + columns + width));
            (b20, b21) = (TSimd.Load(right + (2 * columns)), TSimd.Load(right + (2 * columns) + width));
            (b30, b31) = (TSimd.Load(right + (3 * columns)), TSimd.Load(right + (3 * columns) + width));
        }

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
            Add(ref b00, ref b01, gram0 + Gram.P00, a0, a1);
        }

        Add(ref b10, ref b11, gram0 + Gram.P10, a0, a1);
        Add(ref b20, ref b21, gram0 + Gram.P20, a0, a1);
        Add(ref b30, ref b31, gram0 + Gram.P30, a0, a1);
        first += block.Pitch0;
        (a0, a1) = (TSimd.Load(first), TSimd.Load(first + width));
        if (IsAdjoint)
        {
            Add(ref b10, ref b11, gram0 + Gram.P11, a0, a1);
        }

        Add(ref b20, ref b21, gram0 + Gram.P21, a0, a1);
        Add(ref b30, ref b31, gram0 + Gram.P31, a0, a1);
        first += block.Pitch0;
        (a0, a1) = (TSimd.Load(first), TSimd.Load(first + width));
        if (IsAdjoint)
        {
            Add(ref b20, ref b21, gram0 + Gram.P22, a0, a1);
        }

        Add(ref b30, ref b31, gram0 + Gram.P32, a0, a1);
        if (IsAdjoint)
        {
            first += block.Pitch0;
            (a0, a1) = (TSimd.Load(first), TSimd.Load(first + width));
            Add(ref b30, ref b31, gram0 + Gram.P33, a0, a1);
        }

        Depend(block, 0, c, ref b00, ref b01);
        Put(right, b00, b01);
        Add(ref b10, ref b11, gram1 + Gram.P10, b00, b01);
        Depend(block, 1, c, ref b10, ref b11);
        Put(right + columns, b10, b11);
        Add(ref b20, ref b21, gram1 + Gram.P20, b00, b01);
        Add(ref b20, ref b21, gram1 + Gram.P21, b10, b11);
        Depend(block, 2, c, ref b20, ref b21);
        Put(right + (2 * columns), b20, b21);
        Add(ref b30, ref b31, gram1 + Gram.P30, b00, b01);
        Add(ref b30, ref b31, gram1 + Gram.P31, b10, b11);
        Add(ref b30, ref b31, gram1 + Gram.P32, b20, b21);
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
