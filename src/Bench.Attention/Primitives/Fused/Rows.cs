using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>Arithmetic on rows of any length: whole vectors first, then the rest.</summary>
internal static unsafe class Rows<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>x + 1 where x is positive, e^x elsewhere: max(x, 0) + e^min(x, 0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector EluPlusOne(TVector x)
    {
        var zero = TSimd.Broadcast(0);
        return TSimd.Add(TSimd.Max(x, zero), TSimd.Exp(TSimd.Max(TSimd.Min(x, zero), TSimd.Broadcast(-80))));
    }

    /// <summary>One number, through the feature map or as it is.</summary>
    public static float EluPlusOne(float x, bool apply) => !apply ? x : x > 0 ? x + 1 : MathF.Exp(x);

    /// <summary>to += factor · from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled(float* to, float* from, float factor, int count)
    {
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.MultiplyAdd(scale, TSimd.Load(from + i), TSimd.Load(to + i)));
        }

        for (; i < count; i++)
        {
            to[i] += factor * from[i];
        }
    }

    /// <summary>to = factor · from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scaled(float* to, float* from, float factor, int count)
    {
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Multiply(scale, TSimd.Load(from + i)));
        }

        for (; i < count; i++)
        {
            to[i] = factor * from[i];
        }
    }

    /// <summary>to = a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* to, float* a, float* b, int count)
    {
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Add(TSimd.Load(a + i), TSimd.Load(b + i)));
        }

        for (; i < count; i++)
        {
            to[i] = a[i] + b[i];
        }
    }

    /// <summary>to ⊙= by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(float* to, float* by, int count)
    {
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Load(to + i), TSimd.Load(by + i)));
        }

        for (; i < count; i++)
        {
            to[i] *= by[i];
        }
    }

    /// <summary>Σ a ⊙ b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int count)
    {
        var lanes = TSimd.Broadcast(0);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            lanes = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), lanes);
        }

        var sum = TSimd.Sum(lanes);
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Σ a.</summary>
    public static float Sum(float* a, int count)
    {
        var lanes = TSimd.Broadcast(0);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            lanes = TSimd.Add(lanes, TSimd.Load(a + i));
        }

        var sum = TSimd.Sum(lanes);
        for (; i < count; i++)
        {
            sum += a[i];
        }

        return sum;
    }
}
