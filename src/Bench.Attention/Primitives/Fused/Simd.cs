using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bench.Attention.Primitives.Fused;

/// <summary>The vector operations that the fused kernels need, for one width; resolved when the kernel is compiled.</summary>
internal unsafe interface ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>Reads <see cref="Lanes"/> floats.</summary>
    static abstract TVector Load(float* from);

    /// <summary>Writes <see cref="Lanes"/> floats.</summary>
    static abstract void Store(float* to, TVector value);

    /// <summary>The same float in every lane.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a·b + c, rounded once where the machine can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a·b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>The larger of each pair.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller of each pair.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>e^x for x in [−80, 80].</summary>
    static abstract TVector Exp(TVector x);

    /// <summary>Whether any lane of a is below the same lane of b.</summary>
    static abstract bool AnyBelow(TVector a, TVector b);

    /// <summary>Sum of the lanes.</summary>
    static abstract float Sum(TVector x);

    /// <summary>Sums of the lanes of four vectors, side by side: fewer instructions than four sums.</summary>
    static abstract void Sums(TVector a, TVector b, TVector c, TVector d, float* to);

    /// <summary>The first lane.</summary>
    static abstract float First(TVector x);
}

/// <summary>Hints to the cache.</summary>
internal static unsafe class Ahead
{
    /// <summary>Floats of a line of the caches.</summary>
    public const int LineFloats = 16;

    /// <summary>
    /// Begins to load the line at this address into the second cache; where no memory is, it does nothing. Rows of several tensors that start on pages
    /// of their own share the sets of the first cache, where early lines would push out the state.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* row)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(row);
        }
    }
}

/// <summary>
/// Constants of e^x = 2^n · e^f with |f| ≤ ½ ln 2 and e^f = 1 + f + f²·q(f), q of degree 4 with the least relative error (4e-9 with these floats).
/// </summary>
internal static class ExpConstants
{
    public const float Log2E = 1.44269504f;

    /// <summary>1.5 · 2^23: floats of this size are whole numbers, so adding it rounds and taking it away leaves the whole number; one instruction
    /// less than rounding.</summary>
    public const float Rounds = 12_582_912f;
    public const float Ln2High = 0.693359375f;
    public const float Ln2Low = -2.12194440e-4f;
    public const float C6 = 1.38145383e-3f;
    public const float C5 = 8.36874545e-3f;
    public const float C4 = 4.16683890e-2f;
    public const float C3 = 1.66665211e-1f;
    public const float C2 = 4.99999940e-1f;

    /// <summary>1.5 · 2^18: adding it rounds to whole 32nds.</summary>
    public const float RoundsTo32nds = 393_216f;

    /// <summary>2^r = 1 + r·(<see cref="Linear32nd"/> + <see cref="Square32nd"/>·r) for |r| ≤ 1/64, with the least error of this degree (5e-8).</summary>
    public const float Linear32nd = 0.693157344f;

    /// <inheritdoc cref="Linear32nd" />
    public const float Square32nd = 0.240226507f;

    /// <summary>2^(j/32) for j from 0 to 15.</summary>
    public static Vector512<float> FirstPowers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1f, 1.0218972f, 1.04427373f, 1.06714046f, 1.09050775f, 1.1143868f, 1.13878858f, 1.1637249f,
            1.18920708f, 1.21524739f, 1.24185777f, 1.26905096f, 1.29683959f, 1.32523668f, 1.35425556f, 1.38390994f);
    }

    /// <summary>2^(j/32) for j from 16 to 31.</summary>
    public static Vector512<float> LastPowers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1.41421354f, 1.44518077f, 1.47682619f, 1.50916445f, 1.54221082f, 1.5759809f, 1.61049032f, 1.64575553f,
            1.68179286f, 1.71861935f, 1.75625217f, 1.79470909f, 1.8340081f, 1.87416768f, 1.91520655f, 1.95714414f);
    }
}

/// <summary>Sixteen floats (AVX-512, or whatever the runtime puts in its place).</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector512<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        if (Avx512F.IsSupported)
        {
            return ExpByTable(x);
        }

        var (n, f) = Reduced(x);
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(ExpConstants.C6), f, Vector512.Create(ExpConstants.C5));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(ExpConstants.C4));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(ExpConstants.C3));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(ExpConstants.C2));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512<float>.One);
        p = Vector512.FusedMultiplyAdd(p, f, Vector512<float>.One);
        return TimesPowerOfTwo(p, n);
    }

    /// <summary>
    /// e^x = 2^n · 2^(j/32) · 2^r with |r| ≤ 1/64: the middle factor is looked up in two registers, and the last one needs two multiply-adds only. Where x is
    /// far from 0 the error is that of x's own rounding.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpByTable(Vector512<float> x)
    {
        var rounded = Vector512.FusedMultiplyAdd(x, Vector512.Create(ExpConstants.Log2E), Vector512.Create(ExpConstants.RoundsTo32nds));
        var n = rounded - Vector512.Create(ExpConstants.RoundsTo32nds);
        var r = Avx512F.FusedMultiplySubtract(x, Vector512.Create(ExpConstants.Log2E), n);
        // The last five bits of the rounded number count the 32nds, and scaling by 2^n takes no notice of them.
        var power = Avx512F.PermuteVar16x32x2(ExpConstants.FirstPowers, rounded.AsInt32(), ExpConstants.LastPowers);
        var p = Vector512.FusedMultiplyAdd(r, Vector512.Create(ExpConstants.Square32nd), Vector512.Create(ExpConstants.Linear32nd));
        return Avx512F.Scale(Vector512.FusedMultiplyAdd(power * r, p, power), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyBelow(Vector512<float> a, Vector512<float> b) => Vector512.LessThanAny(a, b);

    /// <summary>n and f of x = n·ln 2 + f.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> N, Vector512<float> F) Reduced(Vector512<float> x)
    {
        var n = Vector512.FusedMultiplyAdd(x, Vector512.Create(ExpConstants.Log2E), Vector512.Create(ExpConstants.Rounds)) - Vector512.Create(ExpConstants.Rounds);
        var f = Vector512.FusedMultiplyAdd(n, Vector512.Create(-ExpConstants.Ln2High), x);
        return (n, Vector512.FusedMultiplyAdd(n, Vector512.Create(-ExpConstants.Ln2Low), f));
    }

    /// <summary>x · 2^n for whole n in [−126, 127].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> TimesPowerOfTwo(Vector512<float> x, Vector512<float> n) => Avx512F.IsSupported
        ? Avx512F.Scale(x, n)
        : x * ((Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> x) => Vector512.Sum(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to)
    {
        if (!Avx512F.IsSupported)
        {
            (to[0], to[1], to[2], to[3]) = (Sum(a), Sum(b), Sum(c), Sum(d));
            return;
        }

        // Each quarter: two numbers of a and b, and of c and d, in turn; then one of each of the four.
        var ab = Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b);
        var cd = Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d);
        var quarters = Avx512F.Shuffle(ab, cd, 0b01_00_01_00) + Avx512F.Shuffle(ab, cd, 0b11_10_11_10);
        var halves = quarters.GetLower() + quarters.GetUpper();
        (halves.GetLower() + halves.GetUpper()).Store(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Vector512<float> x) => x.ToScalar();
}

/// <summary>Eight floats (AVX2).</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector256<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        var (n, f) = Reduced(x);
        var p = Vector256.FusedMultiplyAdd(Vector256.Create(ExpConstants.C6), f, Vector256.Create(ExpConstants.C5));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(ExpConstants.C4));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(ExpConstants.C3));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(ExpConstants.C2));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, f, Vector256<float>.One);
        return TimesPowerOfTwo(p, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyBelow(Vector256<float> a, Vector256<float> b) => Vector256.LessThanAny(a, b);

    /// <summary>n and f of x = n·ln 2 + f.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> N, Vector256<float> F) Reduced(Vector256<float> x)
    {
        var n = Vector256.FusedMultiplyAdd(x, Vector256.Create(ExpConstants.Log2E), Vector256.Create(ExpConstants.Rounds)) - Vector256.Create(ExpConstants.Rounds);
        var f = Vector256.FusedMultiplyAdd(n, Vector256.Create(-ExpConstants.Ln2High), x);
        return (n, Vector256.FusedMultiplyAdd(n, Vector256.Create(-ExpConstants.Ln2Low), f));
    }

    /// <summary>x · 2^n for whole n in [−126, 127].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> TimesPowerOfTwo(Vector256<float> x, Vector256<float> n) => x * ((Vector256.ConvertToInt32Native(n) + Vector256.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> x) => Vector256.Sum(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* to)
    {
        if (!Avx.IsSupported)
        {
            (to[0], to[1], to[2], to[3]) = (Sum(a), Sum(b), Sum(c), Sum(d));
            return;
        }

        var ab = Avx.UnpackLow(a, b) + Avx.UnpackHigh(a, b);
        var cd = Avx.UnpackLow(c, d) + Avx.UnpackHigh(c, d);
        var halves = Avx.Shuffle(ab, cd, 0b01_00_01_00) + Avx.Shuffle(ab, cd, 0b11_10_11_10);
        (halves.GetLower() + halves.GetUpper()).Store(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Vector256<float> x) => x.ToScalar();
}

/// <summary>One float: machines without wide vectors, and the plain twin of the others in tests.</summary>
internal readonly unsafe struct SimdScalar : ISimd<float>
{
    public static int Lanes => 1;

    public static float Load(float* from) => *from;

    public static void Store(float* to, float value) => *to = value;

    public static float Broadcast(float value) => value;

    public static float MultiplyAdd(float a, float b, float c) => (a * b) + c;

    public static float Multiply(float a, float b) => a * b;

    public static float Add(float a, float b) => a + b;

    public static float Divide(float a, float b) => a / b;

    public static float Max(float a, float b) => MathF.Max(a, b);

    public static float Min(float a, float b) => MathF.Min(a, b);

    public static float Exp(float x) => MathF.Exp(x);

    public static bool AnyBelow(float a, float b) => a < b;

    public static float Sum(float x) => x;

    public static void Sums(float a, float b, float c, float d, float* to) => (to[0], to[1], to[2], to[3]) = (a, b, c, d);

    public static float First(float x) => x;
}
