using System.Text;

namespace Bench.Suites.Lra;

/// <summary>Text as bytes: id = byte + 1, 0 pads.</summary>
/// <remarks>
/// Tay et al., "Long Range Arena", arXiv:2011.04006, section 2.2.2. Record the length with every result: 1000 in the original
/// configuration, 4000 in papers.
/// </remarks>
public static class ByteTokens
{
    /// <summary>257 ids.</summary>
    public const int VocabularySize = 257;

    /// <summary>UTF-8 bytes of a text, cut on the right.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="length">Most tokens.</param>
    public static int[] Encode(string text, int length)
    {
        // A character takes a byte at least, so no more characters than tokens are needed.
        var bytes = Encoding.UTF8.GetBytes(text.Length > length ? text[..length] : text);
        return [.. bytes.Take(length).Select(value => value + 1)];
    }

    /// <summary>Bytes as they are, cut on the right.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="length">Most tokens.</param>
    public static int[] Encode(ReadOnlySpan<byte> bytes, int length)
    {
        var tokens = new int[Math.Min(bytes.Length, length)];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = bytes[i] + 1;
        }

        return tokens;
    }
}
