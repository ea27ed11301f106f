using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Bench.Domain.Protocol;

/// <summary>
/// Ids as text: a type prefix, then 26 digits of Crockford's base 32: 48 bits of milliseconds since 1970 and 80 random bits (ULID). Text order is
/// time order.
/// </summary>
public static class BenchId
{
    private const string Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly SearchValues<char> DigitSet = SearchValues.Create(Digits);

    /// <summary>A new id such as <c>run_01JNQ3…</c>.</summary>
    public static string New(string prefix, TimeProvider clock) => New(prefix, clock.GetUtcNow());

    /// <summary>A new id for the given instant.</summary>
    public static string New(string prefix, DateTimeOffset at)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        return Compose(prefix, at, random);
    }

    /// <summary>The one id of what happens to a thing of this name at an instant: whoever notes it, it is the same.</summary>
    public static string Of(string prefix, DateTimeOffset at, string name) =>
        Compose(prefix, at, SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 10));

    private static string Compose(string prefix, DateTimeOffset at, ReadOnlySpan<byte> random)
    {
        Span<char> text = stackalloc char[26];
        var milliseconds = at.ToUnixTimeMilliseconds();
        for (var i = 9; i >= 0; i--)
        {
            text[i] = Digits[(int)(milliseconds & 31)];
            milliseconds >>= 5;
        }

        // Ten bytes are sixteen digits of five bits.
        for (var i = 0; i < 16; i++)
        {
            var bit = i * 5;
            var pair = (random[bit / 8] << 8) | (bit / 8 + 1 < 10 ? random[bit / 8 + 1] : 0);
            text[10 + i] = Digits[(pair >> (11 - bit % 8)) & 31];
        }

        return $"{prefix}_{text}";
    }

    /// <summary>Whether the text has the form of an id with this prefix.</summary>
    public static bool IsValid(string? text, string prefix) =>
        text is not null
        && text.Length == prefix.Length + 27
        && text.StartsWith(prefix + "_", StringComparison.Ordinal)
        && text.AsSpan(prefix.Length + 1).IndexOfAnyExcept(DigitSet) < 0;
}
