namespace Bench.Suites.Cab.Text;

/// <summary>How often each pair of neighbouring tokens occurs in weighted words, kept up to date while pairs merge.</summary>
internal sealed class PairCounts
{
    private readonly (int[] Tokens, long Count)[] _words;
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _where = [];

    /// <summary>Counts all pairs.</summary>
    /// <param name="words">Tokens of each distinct word, and how often it occurs.</param>
    public PairCounts((int[] Tokens, long Count)[] words)
    {
        _words = words;
        for (var word = 0; word < words.Length; word++)
        {
            Count(word, 1);
        }
    }

    /// <summary>The most frequent pair that occurs twice or more, or null; among equals the one of smaller tokens.</summary>
    public (int Left, int Right)? Best()
    {
        ((int Left, int Right) Pair, long Count)? best = null;
        foreach (var (pair, count) in _counts)
        {
            if (count > 1 && (best is not { } other || count > other.Count || (count == other.Count && pair.CompareTo(other.Pair) < 0)))
            {
                best = (pair, count);
            }
        }

        return best?.Pair;
    }

    /// <summary>Replaces a pair by one token, from left to right.</summary>
    public void Merge((int Left, int Right) pair, int token)
    {
        foreach (var word in _where[pair].ToList())
        {
            Count(word, -1);
            var (old, merged) = (_words[word].Tokens, new List<int>());
            for (var i = 0; i < old.Length; i++)
            {
                var meets = i + 1 < old.Length && (old[i], old[i + 1]) == pair;
                merged.Add(meets ? token : old[i]);
                i += meets ? 1 : 0;
            }

            _words[word].Tokens = [.. merged];
            Count(word, 1);
        }
    }

    private void Count(int word, int sign)
    {
        var (tokens, count) = _words[word];
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            var pair = (tokens[i], tokens[i + 1]);
            var sum = _counts.GetValueOrDefault(pair) + (sign * count);
            if (sum == 0)
            {
                _counts.Remove(pair);
            }
            else
            {
                _counts[pair] = sum;
            }

            if (!_where.TryGetValue(pair, out var words))
            {
                _where[pair] = words = [];
            }

            _ = sign > 0 ? words.Add(word) : words.Remove(word);
        }
    }
}
