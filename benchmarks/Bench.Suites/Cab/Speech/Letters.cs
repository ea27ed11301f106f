namespace Bench.Suites.Cab.Speech;

/// <summary>Letters as tokens: the space 1, the apostrophe 2, a … z from 3 on, then the comma, the full stop and the question mark.</summary>
internal static class Letters
{
    private const string Signs = " 'abcdefghijklmnopqrstuvwxyz,.?";

    /// <summary>Tokens, padding included.</summary>
    public static int Vocabulary => Signs.Length + 1;

    /// <summary>Tokens of a text; other signs are left out.</summary>
    public static int[] Encode(string text) =>
        [.. text.ToLowerInvariant().Select(sign => Signs.IndexOf(sign, StringComparison.Ordinal) + 1).Where(token => token > 0)];
}
