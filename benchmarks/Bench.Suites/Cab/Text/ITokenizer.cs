using System.Text;

namespace Bench.Suites.Cab.Text;

/// <summary>Text to tokens and back.</summary>
public interface ITokenizer
{
    /// <summary>Tokens are 0 … VocabularySize − 1.</summary>
    int VocabularySize { get; }

    /// <summary>Tokens of a text.</summary>
    int[] Encode(string text);

    /// <summary>The text of tokens; what is no valid text becomes the replacement character.</summary>
    string Decode(IEnumerable<int> tokens);
}

/// <summary>A byte of UTF-8 is a token.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    /// <inheritdoc />
    public int VocabularySize => 256;

    /// <inheritdoc />
    public int[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text).Select(value => (int)value)];

    /// <inheritdoc />
    public string Decode(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.Select(token => (byte)token)]);
}
