using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>
/// Pairs of mails: two of one thread (class 1), or two of the whole corpus that are of different threads (class 0). Threads are divided among the
/// three parts first, so that no mail is in two of them.
/// </summary>
public sealed class MailThreads
{
    private const long ShuffleStream = 2;
    private readonly Dictionary<LraSplit, List<List<byte[]>>> _threads = [];
    private readonly Dictionary<LraSplit, List<List<byte[]>>> _longer = [];

    /// <summary>Sorts mails into threads by their subject; a mail without one is a thread of its own.</summary>
    public MailThreads(IEnumerable<Mail> mails)
    {
        var threads = mails.Index().GroupBy(mail => mail.Item.Thread.Length > 0 ? mail.Item.Thread : $"\n{mail.Index}", StringComparer.Ordinal)
            .Select(thread => thread.Select(mail => mail.Item.Body).DistinctBy(body => Convert.ToBase64String(body), StringComparer.Ordinal).ToList());
        var shuffled = LraData.Shuffled(threads, ShuffleStream);
        var (train, validation) = (shuffled.Count * 8 / 10, shuffled.Count / 10);
        _threads[LraSplit.Train] = [.. shuffled.Take(train)];
        _threads[LraSplit.Validation] = [.. shuffled.Skip(train).Take(validation)];
        _threads[LraSplit.Test] = [.. shuffled.Skip(train + validation)];
        foreach (var (split, own) in _threads)
        {
            _longer[split] = [.. own.Where(thread => thread.Count > 1)];
        }
    }

    /// <summary>Pairs of a part without end, half of them of each class; row r is always the same.</summary>
    /// <param name="split">Which part.</param>
    /// <param name="length">Most bytes of a document.</param>
    public IEnumerable<DocumentPair> Pairs(LraSplit split, int length)
    {
        var (threads, longer) = (_threads[split], _longer[split]);
        for (long row = 0; ; row++)
        {
            var (random, label) = (new CounterRandom(LraData.SplitSeed + (long)split, row), (int)(row % 2));
            byte[] first, second;
            if (label == 1)
            {
                var thread = longer[random.Next(longer.Count)];
                var i = random.Next(thread.Count);
                (first, second) = (thread[i], thread[(i + 1 + random.Next(thread.Count - 1)) % thread.Count]);
            }
            else
            {
                var i = random.Next(threads.Count);
                var (one, other) = (threads[i], threads[(i + 1 + random.Next(threads.Count - 1)) % threads.Count]);
                (first, second) = (one[random.Next(one.Count)], other[random.Next(other.Count)]);
            }

            yield return new DocumentPair(ByteTokens.Encode(first, length), ByteTokens.Encode(second, length), label);
        }
    }
}
