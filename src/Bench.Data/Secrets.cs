using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Bench.Data;

/// <summary>Random tokens and their hashes. Tokens carry 256 random bits, so a plain hash cannot be guessed backwards.</summary>
public static class Secrets
{
    /// <summary>A new token: 43 characters that are safe in a URL.</summary>
    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>SHA-256 of a token in hexadecimal.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Whether the token has this hash; takes the same time for every wrong token.</summary>
    public static bool Matches(string token, string hash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash(token)), Encoding.ASCII.GetBytes(hash));
}
