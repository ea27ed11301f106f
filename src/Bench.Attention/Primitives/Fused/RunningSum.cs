using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>Rows of a block's tokens: where the first one is, and floats to the next.</summary>
internal readonly unsafe struct TokenSpan(float* start, nint pitch)
{
    /// <summary>First token's row; null when there are none.</summary>
    public float* Start { get; } = start;

    /// <summary>Floats to the next token's row.</summary>
    public nint Pitch { get; } = pitch;

    /// <summary>Row of a token of the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(nint token) => Start + (token * Pitch);
}

/// <summary>Rows of a block's tokens that are multiplied with each other; none where the first ones are none.</summary>
internal readonly unsafe struct TokenPair(TokenSpan first, TokenSpan second)
{
    /// <summary>One factor.</summary>
    public TokenSpan First { get; } = first;

    /// <summary>The other.</summary>
    public TokenSpan Second { get; } = second;

    /// <summary>One product, 0 where there are no rows.</summary>
    public float Product(nint token, nint place) =>
        First.Start == null ? 0 : First.At(token)[place] * Second.At(token)[place];
}

/// <summary>
/// Sums that run over tokens, up to four tokens at a time: each vector of the sum stays in a register while the block's tokens pass.
/// </summary>
internal static unsafe class RunningSum<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    private const int Block = 4;

    /// <summary>
    /// For each token: sum += f · from; to += g · sum; and then to ⊙= φ′, where φ is elu + 1 and <paramref name="features"/> is φ(x). Without a sum only
    /// the last of these, without features only the first two.
    /// </summary>
    /// <param name="sum">The sum, or null.</param>
    /// <param name="from">What is added to it.</param>
    /// <param name="fromFactors">f by token.</param>
    /// <param name="to">Where it is added.</param>
    /// <param name="toFactors">g by token.</param>
    /// <param name="features">φ(x), or none.</param>
    /// <param name="tokens">Tokens of the block.</param>
    /// <param name="size">Floats in a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(
        float* sum, in TokenSpan from, float* fromFactors, in TokenSpan to, float* toFactors, in TokenSpan features, int tokens, int size)
    {
        var one = TSimd.Broadcast(1);
        var i = 0;
        for (; i + TSimd.Lanes <= size; i += TSimd.Lanes)
        {
            var total = sum == null ? default : TSimd.Load(sum + i);
            float* source = from.Start + i, target = to.Start + i, feature = features.Start + i;
            for (var j = 0; j < tokens; j++, source += from.Pitch, target += to.Pitch, feature += features.Pitch)
            {
                var value = TSimd.Load(target);
                if (sum != null)
                {
                    total = TSimd.MultiplyAdd(TSimd.Broadcast(fromFactors[j]), TSimd.Load(source), total);
                    value = TSimd.MultiplyAdd(TSimd.Broadcast(toFactors[j]), total, value);
                }

                if (features.Start != null)
                {
                    // φ′ is 1 where φ is above 1, and φ itself elsewhere.
                    value = TSimd.Multiply(value, TSimd.Min(TSimd.Load(feature), one));
                }

                TSimd.Store(target, value);
            }

            if (sum != null)
            {
                TSimd.Store(sum + i, total);
            }
        }

        for (; i < size; i++)
        {
            for (var j = 0; j < tokens; j++)
            {
                var target = to.Start + (j * to.Pitch) + i;
                if (sum != null)
                {
                    sum[i] += fromFactors[j] * from.Start[(j * from.Pitch) + i];
                    *target += toFactors[j] * sum[i];
                }

                if (features.Start != null)
                {
                    *target *= MathF.Min(features.Start[(j * features.Pitch) + i], 1);
                }
            }
        }
    }

    /// <summary>For each token: sum += a, and then Σ b ⊙ sum.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="a">What is added to it.</param>
    /// <param name="b">What reads it.</param>
    /// <param name="products">Receives what was read, by token.</param>
    /// <param name="tokens">Tokens of the block.</param>
    /// <param name="size">Floats in a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate(float* sum, in TokenSpan a, in TokenSpan b, float* products, int tokens, int size)
    {
        if (tokens == Block)
        {
            Products(sum, a, b, products, size);
            return;
        }

        for (var j = 0; j < tokens; j++)
        {
            Rows<TSimd, TVector>.AddScaled(sum, a.Start + (j * a.Pitch), 1, size);
            products[j] = Rows<TSimd, TVector>.Dot(b.Start + (j * b.Pitch), sum, size);
        }
    }

    /// <summary>For each token: Σ a ⊙ b.</summary>
    /// <param name="a">One factor.</param>
    /// <param name="b">The other.</param>
    /// <param name="products">Receives the sums.</param>
    /// <param name="tokens">Tokens of the block.</param>
    /// <param name="size">Floats in a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots(in TokenSpan a, in TokenSpan b, float* products, int tokens, int size)
    {
        if (tokens < Block)
        {
            for (var j = 0; j < tokens; j++)
            {
                products[j] = Rows<TSimd, TVector>.Dot(a.Start + (j * a.Pitch), b.Start + (j * b.Pitch), size);
            }

            return;
        }

        TVector p0 = default, p1 = default, p2 = default, p3 = default;
        float* first = a.Start, second = b.Start;
        var i = 0;
        for (; i + TSimd.Lanes <= size; i += TSimd.Lanes, first += TSimd.Lanes, second += TSimd.Lanes)
        {
            p0 = TSimd.MultiplyAdd(TSimd.Load(first), TSimd.Load(second), p0);
            p1 = TSimd.MultiplyAdd(TSimd.Load(first + a.Pitch), TSimd.Load(second + b.Pitch), p1);
            p2 = TSimd.MultiplyAdd(TSimd.Load(first + (2 * a.Pitch)), TSimd.Load(second + (2 * b.Pitch)), p2);
            p3 = TSimd.MultiplyAdd(TSimd.Load(first + (3 * a.Pitch)), TSimd.Load(second + (3 * b.Pitch)), p3);
        }

        TSimd.Sums(p0, p1, p2, p3, products);
        for (; i < size; i++)
        {
            for (var j = 0; j < Block; j++)
            {
                products[j] += a.Start[(j * a.Pitch) + i] * b.Start[(j * b.Pitch) + i];
            }
        }
    }

    /// <summary>For each of four tokens: sum += a, and then Σ b ⊙ sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products(float* sum, in TokenSpan a, in TokenSpan b, float* products, int size)
    {
        TVector p0 = default, p1 = default, p2 = default, p3 = default;
        float* from = a.Start, reads = b.Start;
        var i = 0;
        for (; i + TSimd.Lanes <= size; i += TSimd.Lanes, from += TSimd.Lanes, reads += TSimd.Lanes)
        {
            var total = TSimd.Add(TSimd.Load(sum + i), TSimd.Load(from));
            p0 = TSimd.MultiplyAdd(TSimd.Load(reads), total, p0);
            total = TSimd.Add(total, TSimd.Load(from + a.Pitch));
            p1 = TSimd.MultiplyAdd(TSimd.Load(reads + b.Pitch), total, p1);
            total = TSimd.Add(total, TSimd.Load(from + (2 * a.Pitch)));
            p2 = TSimd.MultiplyAdd(TSimd.Load(reads + (2 * b.Pitch)), total, p2);
            total = TSimd.Add(total, TSimd.Load(from + (3 * a.Pitch)));
            p3 = TSimd.MultiplyAdd(TSimd.Load(reads + (3 * b.Pitch)), total, p3);
            TSimd.Store(sum + i, total);
        }

        TSimd.Sums(p0, p1, p2, p3, products);
        for (; i < size; i++)
        {
            for (var j = 0; j < Block; j++)
            {
                sum[i] += a.Start[(j * a.Pitch) + i];
                products[j] += b.Start[(j * b.Pitch) + i] * sum[i];
            }
        }
    }

    /// <summary>
    /// For each token: sum += a ⊙ b − c ⊙ (d − e), and then e += d. No e where that is none.
    /// </summary>
    /// <param name="sum">The sum.</param>
    /// <param name="a">First factor of what is added.</param>
    /// <param name="b">Second factor of what is added.</param>
    /// <param name="c">First factor of what is taken away.</param>
    /// <param name="d">Second factor of what is taken away.</param>
    /// <param name="e">Correction of d, or none.</param>
    /// <param name="sums">Receives the sum after each token; none where only its total is wanted.</param>
    /// <param name="totals">Receives Σ sum after each of four tokens; null where the rows are wanted.</param>
    /// <param name="tokens">Tokens of the block.</param>
    /// <param name="size">Floats in a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddDifferences(
        float* sum, in TokenSpan a, in TokenSpan b, in TokenSpan c, in TokenSpan d, in TokenSpan e, in TokenSpan sums, float* totals, int tokens, int size)
    {
        var lanes = stackalloc TVector[Block];
        for (var j = 0; j < Block; j++)
        {
            lanes[j] = TSimd.Broadcast(0);
        }

        var minus = TSimd.Broadcast(-1);
        var i = 0;
        for (; i + TSimd.Lanes <= size; i += TSimd.Lanes)
        {
            var value = TSimd.Load(sum + i);
            float* pa = a.Start + i, pb = b.Start + i, pc = c.Start + i, pd = d.Start + i, pe = e.Start + i, ps = sums.Start + i;
            for (var j = 0; j < tokens; j++)
            {
                var second = TSimd.Load(pd);
                if (e.Start != null)
                {
                    var first = TSimd.Load(pe);
                    TSimd.Store(pe, TSimd.Add(second, first));
                    second = TSimd.MultiplyAdd(first, minus, second);
                }

                value = TSimd.MultiplyAdd(TSimd.Load(pa), TSimd.Load(pb), value);
                value = TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Load(pc), minus), second, value);
                if (totals == null)
                {
                    TSimd.Store(ps, value);
                }
                else
                {
                    lanes[j] = TSimd.Add(lanes[j], value);
                }

                pa += a.Pitch;
                pb += b.Pitch;
                pc += c.Pitch;
                pd += d.Pitch;
                pe += e.Pitch;
                ps += sums.Pitch;
            }

            TSimd.Store(sum + i, value);
        }

        if (totals != null)
        {
            TSimd.Sums(lanes[0], lanes[1], lanes[2], lanes[3], totals);
        }

        for (; i < size; i++)
        {
            for (var j = 0; j < tokens; j++)
            {
                var (second, correction) = (d.Start[(j * d.Pitch) + i], e.Start == null ? 0 : e.Start[(j * e.Pitch) + i]);
                sum[i] += (a.Start[(j * a.Pitch) + i] * b.Start[(j * b.Pitch) + i]) - (c.Start[(j * c.Pitch) + i] * (second - correction));
                if (e.Start != null)
                {
                    e.Start[(j * e.Pitch) + i] += second;
                }

                if (totals == null)
                {
                    sums.Start[(j * sums.Pitch) + i] = sum[i];
                }
                else
                {
                    totals[j] += sum[i];
                }
            }
        }
    }

    /// <summary>
    /// For each token: sum += a ⊙ b − c ⊙ d − e ⊙ f; the sum is put out; and then sum += g ⊙ h. Only c ⊙ d must be there.
    /// </summary>
    /// <param name="sum">The sum.</param>
    /// <param name="before">a and b, or none.</param>
    /// <param name="less">c and d.</param>
    /// <param name="lessToo">e and f, or none.</param>
    /// <param name="after">g and h, or none.</param>
    /// <param name="sums">Receives the sum of each token; none where only its total is wanted.</param>
    /// <param name="totals">Receives Σ sum of each of four tokens; null where the rows are wanted.</param>
    /// <param name="tokens">Tokens of the block.</param>
    /// <param name="size">Floats in a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProducts(
        float* sum, in TokenPair before, in TokenPair less, in TokenPair lessToo, in TokenPair after, in TokenSpan sums, float* totals, int tokens, int size)
    {
        var lanes = stackalloc TVector[Block];
        for (var j = 0; j < Block; j++)
        {
            lanes[j] = TSimd.Broadcast(0);
        }

        nint i = 0;
        for (; i + TSimd.Lanes <= size; i += TSimd.Lanes)
        {
            var value = TSimd.Load(sum + i);
            for (nint j = 0; j < tokens; j++)
            {
                value = AddProduct(value, before, j, i, 1);
                value = AddProduct(value, less, j, i, -1);
                value = AddProduct(value, lessToo, j, i, -1);
                if (totals == null)
                {
                    TSimd.Store(sums.Start + (j * sums.Pitch) + i, value);
                }
                else
                {
                    lanes[j] = TSimd.Add(lanes[j], value);
                }

                value = AddProduct(value, after, j, i, 1);
            }

            TSimd.Store(sum + i, value);
        }

        if (totals != null)
        {
            TSimd.Sums(lanes[0], lanes[1], lanes[2], lanes[3], totals);
        }

        for (; i < size; i++)
        {
            for (nint j = 0; j < tokens; j++)
            {
                sum[i] += before.Product(j, i) - less.Product(j, i) - lessToo.Product(j, i);
                if (totals == null)
                {
                    sums.Start[(j * sums.Pitch) + i] = sum[i];
                }
                else
                {
                    totals[j] += sum[i];
                }

                sum[i] += after.Product(j, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AddProduct(TVector sum, in TokenPair pair, nint token, nint place, float sign)
    {
        if (pair.First.Start == null)
        {
            return sum;
        }

        float* first = pair.First.At(token) + place, second = pair.Second.At(token) + place;
        return TSimd.MultiplyAdd(sign > 0 ? TSimd.Load(first) : TSimd.Multiply(TSimd.Load(first), TSimd.Broadcast(-1)), TSimd.Load(second), sum);
    }
}
