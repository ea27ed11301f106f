using System.Runtime.CompilerServices;

namespace Bench.Domain.Randomness;

/// <summary>
/// Chance from a seed: Philox 4x32-10, a counter-based generator, so the same (seed, stream) gives the same numbers on every platform and
/// streams never share state. Not for secrets, not safe for use from two threads at once.
/// </summary>
/// <remarks>
/// Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 4; checked against its known-answer vectors.
/// </remarks>
public sealed class CounterRandom
{
    private readonly uint _key0;
    private readonly uint _key1;
    private readonly ulong _stream;
    private readonly uint[] _block = new uint[4];
    private ulong _counter;
    private int _used = 4;

    /// <summary>A generator for one stream of a seed.</summary>
    /// <param name="seed">Which sequence of numbers.</param>
    /// <param name="stream">Independent sub-sequence, such as the row number of a data set.</param>
    public CounterRandom(long seed, long stream = 0)
    {
        _key0 = (uint)seed;
        _key1 = (uint)((ulong)seed >> 32);
        _stream = (ulong)stream;
    }

    /// <summary>32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_used == 4)
        {
            Block(_counter, _stream, _key0, _key1, _block);
            _counter++;
            _used = 0;
        }

        return _block[_used++];
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong high = NextUInt32();
        return (high << 32) | NextUInt32();
    }

    /// <summary>A uniform integer in [0, <paramref name="bound"/>), without modulo bias (Lemire, arXiv:1805.10941).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (uint)bound;
        var product = (ulong)NextUInt32() * range;
        if ((uint)product < range)
        {
            var threshold = (0 - range) % range;
            while ((uint)product < threshold)
            {
                product = (ulong)NextUInt32() * range;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>A uniform integer in [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public int Next(int from, int to) => from + Next(to - from);

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A standard normal number (Box and Muller).</summary>
    public double NextNormal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Puts the items in uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Distinct integers from [<paramref name="from"/>, <paramref name="to"/>) in random order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range holds fewer than <paramref name="count"/> integers.</exception>
    public int[] Distinct(int from, int to, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, to - from);
        if (count > (to - from) / 8)
        {
            // A partial shuffle: cheap when a large share of the range is taken.
            var all = new int[to - from];
            for (var i = 0; i < all.Length; i++)
            {
                all[i] = from + i;
            }

            for (var i = 0; i < count; i++)
            {
                var j = Next(i, all.Length);
                (all[i], all[j]) = (all[j], all[i]);
            }

            return all[..count];
        }

        var seen = new HashSet<int>(count);
        var chosen = new int[count];
        for (var i = 0; i < count;)
        {
            var candidate = Next(from, to);
            if (seen.Add(candidate))
            {
                chosen[i++] = candidate;
            }
        }

        return chosen;
    }

    /// <summary>An index drawn with probability proportional to its weight.</summary>
    /// <param name="weights">Non-negative weights, at least one of them positive.</param>
    public int Weighted(ReadOnlySpan<double> weights)
    {
        var total = 0.0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var target = NextDouble() * total;
        var last = -1;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] <= 0)
            {
                continue;
            }

            last = i;
            target -= weights[i];
            if (target < 0)
            {
                return i;
            }
        }

        // Rounding may leave a crumb of the target; it belongs to the last index that can be drawn.
        return last >= 0 ? last : throw new ArgumentException("No weight is positive, so nothing can be drawn.", nameof(weights));
    }

    /// <summary>One block of the generator: four words from a 128-bit counter (low half, high half) and a 64-bit key.</summary>
    /// <param name="low">Low 64 bits of the counter: the position in the stream.</param>
    /// <param name="high">High 64 bits of the counter: the stream.</param>
    /// <param name="key0">Low half of the seed.</param>
    /// <param name="key1">High half of the seed.</param>
    /// <param name="block">Receives four words.</param>
    public static void Block(ulong low, ulong high, uint key0, uint key1, Span<uint> block)
    {
        uint c0 = (uint)low, c1 = (uint)(low >> 32), c2 = (uint)high, c3 = (uint)(high >> 32);
        for (var round = 0; round < 10; round++)
        {
            (c0, c1, c2, c3) = Round(c0, c1, c2, c3, key0, key1);
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        (block[0], block[1], block[2], block[3]) = (c0, c1, c2, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (uint, uint, uint, uint) Round(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        var product0 = (ulong)0xD2511F53 * c0;
        var product1 = (ulong)0xCD9E8D57 * c2;
        return ((uint)(product1 >> 32) ^ c1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ key1, (uint)product0);
    }
}
