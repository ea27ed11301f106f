using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>Products of small matrices that lie in cache.</summary>
internal static unsafe class TileProduct<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>C = A B, or C += A B: rows of B and C are contiguous, A has any strides.</summary>
    /// <param name="a">m × k.</param>
    /// <param name="aRow">Floats from one row of A to the next.</param>
    /// <param name="aColumn">Floats from one column of A to the next.</param>
    /// <param name="b">k × n.</param>
    /// <param name="bRow">Floats from one row of B to the next.</param>
    /// <param name="c">m × n.</param>
    /// <param name="cRow">Floats from one row of C to the next.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C, a multiple of the vector.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="add">Whether to add to C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, int m, int n, int k, bool add)
    {
        var width = TSimd.Lanes;
        var column = 0;
        for (; column + (2 * width) <= n; column += 2 * width)
        {
            var row = 0;
            for (; row + 4 <= m; row += 4)
            {
                FourByTwo(a + (row * aRow), aRow, aColumn, b + column, bRow, c + (row * cRow) + column, cRow, k, add);
            }

            for (; row < m; row++)
            {
                OneByOne(a + (row * aRow), aColumn, b + column, bRow, c + (row * cRow) + column, k, add);
                OneByOne(a + (row * aRow), aColumn, b + column + width, bRow, c + (row * cRow) + column + width, k, add);
            }
        }

        for (; column < n; column += width)
        {
            var row = 0;
            for (; row + 8 <= m; row += 8)
            {
                EightByOne(a + (row * aRow), aRow, aColumn, b + column, bRow, c + (row * cRow) + column, cRow, k, add);
            }

            for (; row < m; row++)
            {
                OneByOne(a + (row * aRow), aColumn, b + column, bRow, c + (row * cRow) + column, k, add);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByTwo(float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, int k, bool add)
    {
        var width = TSimd.Lanes;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        nint at = 0;
        for (var i = 0; i < k; i++, at += aColumn, b += bRow)
        {
            TVector b0 = TSimd.Load(b), b1 = TSimd.Load(b + width);
            var left = TSimd.Broadcast(a[at]);
            (c00, c01) = (TSimd.MultiplyAdd(left, b0, c00), TSimd.MultiplyAdd(left, b1, c01));
            left = TSimd.Broadcast(a1[at]);
            (c10, c11) = (TSimd.MultiplyAdd(left, b0, c10), TSimd.MultiplyAdd(left, b1, c11));
            left = TSimd.Broadcast(a2[at]);
            (c20, c21) = (TSimd.MultiplyAdd(left, b0, c20), TSimd.MultiplyAdd(left, b1, c21));
            left = TSimd.Broadcast(a3[at]);
            (c30, c31) = (TSimd.MultiplyAdd(left, b0, c30), TSimd.MultiplyAdd(left, b1, c31));
        }

        Put(c, c00, add);
        Put(c + width, c01, add);
        Put(c + cRow, c10, add);
        Put(c + cRow + width, c11, add);
        Put(c + (2 * cRow), c20, add);
        Put(c + (2 * cRow) + width, c21, add);
        Put(c + (3 * cRow), c30, add);
        Put(c + (3 * cRow) + width, c31, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightByOne(float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, int k, bool add)
    {
        TVector c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, a6 = a5 + aRow, a7 = a6 + aRow;
        nint at = 0;
        for (var i = 0; i < k; i++, at += aColumn, b += bRow)
        {
            var right = TSimd.Load(b);
            c0 = TSimd.MultiplyAdd(TSimd.Broadcast(a[at]), right, c0);
            c1 = TSimd.MultiplyAdd(TSimd.Broadcast(a1[at]), right, c1);
            c2 = TSimd.MultiplyAdd(TSimd.Broadcast(a2[at]), right, c2);
            c3 = TSimd.MultiplyAdd(TSimd.Broadcast(a3[at]), right, c3);
            c4 = TSimd.MultiplyAdd(TSimd.Broadcast(a4[at]), right, c4);
            c5 = TSimd.MultiplyAdd(TSimd.Broadcast(a5[at]), right, c5);
            c6 = TSimd.MultiplyAdd(TSimd.Broadcast(a6[at]), right, c6);
            c7 = TSimd.MultiplyAdd(TSimd.Broadcast(a7[at]), right, c7);
        }

        Put(c, c0, add);
        Put(c + cRow, c1, add);
        Put(c + (2 * cRow), c2, add);
        Put(c + (3 * cRow), c3, add);
        Put(c + (4 * cRow), c4, add);
        Put(c + (5 * cRow), c5, add);
        Put(c + (6 * cRow), c6, add);
        Put(c + (7 * cRow), c7, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OneByOne(float* a, nint aColumn, float* b, nint bRow, float* c, int k, bool add)
    {
        TVector sum = default;
        nint at = 0;
        for (var i = 0; i < k; i++, at += aColumn, b += bRow)
        {
            sum = TSimd.MultiplyAdd(TSimd.Broadcast(a[at]), TSimd.Load(b), sum);
        }

        Put(c, sum, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector value, bool add) => TSimd.Store(c, add ? TSimd.Add(TSimd.Load(c), value) : value);
}
