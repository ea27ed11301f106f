using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>
/// Pairs of wanted mails: two of one thread (class 1) or of two threads (class 0). Threads are divided among the three parts first, so that
/// no mail is in two of them.
/// </summary>
public sealed class MailThreads
{
    private const long ShuffleStream = 2;
    private readonly Dictionary<LraSplit, List<List<byte[]>>> _threads = [];

    /// <summary>Sorts mails into threads by their subject; those with one mail are left out.</summary>
    public MailThreads(IEnumerable<Mail> mails)
    {
        var threads = mails.Where(mail => !mail.IsSpam && mail.Thread.Length > 0).GroupBy(mail => mail.Thread, StringComparer.Ordinal)
            .Select(thread => thread.Select(mail => mail.Body).DistinctBy(body => Convert.ToBase64String(body), StringComparer.Ordinal).ToList())
            .Where(thread => thread.Count > 1);
        var shuffled = LraData.Shuffled(threads, ShuffleStream);
        var (train, validation) = (shuffled.Count * 8 / 10, shuffled.Count / 10);
        _threads[LraSplit.Train] = [.. shuffled.Take(train)];
        _threads[LraSplit.Validation] = [.. shuffled.Skip(train).Take(validation)];
        _threads[LraSplit.Test] = [.. shuffled.Skip(train + validation)];
    }

    /// <summary>Threads of a part.</summary>
    public int Count(LraSplit split) => _threads[split].Count;

    /// <summary>Pairs of a part without end, half of them of each class; row r is always the same.</summary>
    /// <param name="split">Which part.</param>
    /// <param name="length">Most bytes of a document.</param>
    public IEnumerable<DocumentPair> Pairs(LraSplit split, int length)
    {
        var threads = _threads[split];
        for (long row = 0; ; row++)
        {
            var random = new CounterRandom(LraData.SplitSeed + (long)split, row);
            var (label, first) = ((int)(row % 2), threads[random.Next(threads.Count)]);
            var i = random.Next(first.Count);
            var (second, j) = (first, (i + 1 + random.Next(first.Count - 1)) % first.Count);
            if (label == 0)
            {
                var other = random.Next(threads.Count - 1);
                second = ReferenceEquals(threads[other], first) ? threads[^1] : threads[other];
                j = random.Next(second.Count);
            }

            yield return new DocumentPair(ByteTokens.Encode(first[i], length), ByteTokens.Encode(second[j], length), label);
        }
    }
}
