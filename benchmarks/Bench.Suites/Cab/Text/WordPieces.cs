using System.Text.RegularExpressions;

namespace Bench.Suites.Cab.Text;

/// <summary>Cuts text into the pieces inside which byte pairs may merge.</summary>
internal static partial class WordPieces
{
    /// <summary>GPT-2's rule: contractions, words, numbers and other signs, each with one space before it, and runs of white space.</summary>
    /// <remarks>Radford et al., 2019; the regular expression is the published tokeniser's definition.</remarks>
    public static IEnumerable<string> Of(string text) => Rule().Matches(text).Select(match => match.Value);

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Rule();
}
