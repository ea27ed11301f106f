using Bench.Domain.Randomness;

namespace Bench.Suites.Cab.Text;

/// <summary>Pairs as rows of tokens. Behind the tokeniser's tokens stand three more: padding, start and end.</summary>
/// <param name="pairs">Documents and summaries.</param>
/// <param name="tokenizer">What makes the tokens.</param>
/// <param name="length">N: tokens of a summary, its end included; longer ones are cut.</param>
/// <param name="sourceLength">M: tokens of a document; longer ones are cut.</param>
internal sealed class SummaryRows(IReadOnlyList<SummaryPair> pairs, ITokenizer tokenizer, int length, int sourceLength)
{
    /// <summary>Tokens beyond the tokeniser's.</summary>
    public const int Marks = 3;

    private const long Ignored = -100;

    /// <summary>Pairs.</summary>
    public int Count => pairs.Count;

    /// <summary>Token that begins a summary.</summary>
    public int Start => tokenizer.VocabularySize + 1;

    /// <summary>Token that ends a summary.</summary>
    public int End => tokenizer.VocabularySize + 2;

    private int Padding => tokenizer.VocabularySize;

    /// <summary>Rows drawn at random, a function of the seed and the step alone.</summary>
    public SummaryBatch Draw(long seed, long step, int rows)
    {
        var random = new CounterRandom(seed, step);
        return Of([.. Enumerable.Range(0, rows).Select(_ => random.Next(pairs.Count))]);
    }

    /// <summary>The reference summary as it is scored: cut like what the model is trained on.</summary>
    public string Reference(int index) => tokenizer.Decode(Summary(index));

    /// <summary>
    /// The beginning of the document with as many words as the reference has: the usual baseline without a model.
    /// </summary>
    public string Lead(int index)
    {
        var words = Reference(index).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        return string.Join(' ', pairs[index].Document.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(words));
    }

    /// <summary>Text of written tokens; marks are left out.</summary>
    public string Text(IEnumerable<int> tokens) => tokenizer.Decode(tokens.Where(token => token < tokenizer.VocabularySize));

    /// <summary>A batch of chosen pairs.</summary>
    public SummaryBatch Of(IReadOnlyList<int> chosen)
    {
        var batch = new SummaryBatch(
            chosen.Count, sourceLength, length, Filled(chosen.Count * sourceLength, Padding), new bool[chosen.Count * sourceLength],
            Filled(chosen.Count * length, Padding), Filled(chosen.Count * length, Ignored));
        for (var row = 0; row < chosen.Count; row++)
        {
            // A token has at least one character, so what is cut off is never needed.
            var document = pairs[chosen[row]].Document;
            var source = tokenizer.Encode(document.Length > 16 * sourceLength ? document[..(16 * sourceLength)] : document);
            for (var i = 0; i < Math.Min(source.Length, sourceLength); i++)
            {
                batch.Source[(row * sourceLength) + i] = source[i];
                batch.Real[(row * sourceLength) + i] = true;
            }

            var summary = Summary(chosen[row]);
            batch.Inputs[row * length] = Start;
            for (var i = 0; i < summary.Length; i++)
            {
                batch.Targets[(row * length) + i] = summary[i];
                batch.Inputs[(row * length) + i + 1] = summary[i];
            }

            batch.Targets[(row * length) + summary.Length] = End;
        }

        return batch;
    }

    private int[] Summary(int index)
    {
        var tokens = tokenizer.Encode(pairs[index].Summary);
        return tokens.Length < length ? tokens : tokens[..(length - 1)];
    }

    private static long[] Filled(int size, long value)
    {
        var filled = new long[size];
        Array.Fill(filled, value);
        return filled;
    }
}
