using System.IO.Compression;
using System.Text;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Text;

/// <summary>Running text in three parts that share nothing.</summary>
/// <param name="Train">For training.</param>
/// <param name="Validation">For curves and choices; CAB reports masked language modelling on it.</param>
/// <param name="Test">For the reported figures.</param>
public sealed record TextCorpus(ByteText Train, ByteText Validation, ByteText Test)
{
    /// <summary>
    /// The English of the GCIDE dictionary: its first 95 % to train, then 2.5 % each to validate and test. The dictionary is alphabetic, so the parts share
    /// no headword; markup of the dictionary format is kept.
    /// </summary>
    /// <exception cref="DataMissingException">The package was not prepared.</exception>
    public static TextCorpus Dictionary()
    {
        var path = Path.Combine(DataFolder.Package("gcide"), "usr", "share", "dictd", "gcide.dict.dz");
        using var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var text = new MemoryStream();
        packed.CopyTo(text);
        return Split(text.ToArray());
    }

    /// <summary>PG-19 from <c>train/*.txt</c>, <c>validation/*.txt</c> and <c>test/*.txt</c>, read from disk window by window.</summary>
    /// <exception cref="DataMissingException">It is not there.</exception>
    public static TextCorpus Books()
    {
        var folder = DataFolder.Official("pg19");
        FolderText Part(string name) => new(Path.Combine(folder, name), "*.txt");
        return new TextCorpus(Part("train"), Part("validation"), Part("test"));
    }

    /// <summary>WikiText-103 from <c>wiki.{train,valid,test}.tokens</c>, read from disk window by window.</summary>
    /// <exception cref="DataMissingException">It is not there.</exception>
    public static TextCorpus WikiText()
    {
        var folder = DataFolder.Official("wikitext-103");
        FolderText Part(string name) => new(folder, $"wiki.{name}.tokens");
        return new TextCorpus(Part("train"), Part("valid"), Part("test"));
    }

    /// <summary>Text of <see cref="SyntheticText"/>.</summary>
    /// <param name="seed">Seed; the three parts are different streams of it.</param>
    public static TextCorpus Synthetic(long seed) => new(
        new MemoryText(SyntheticText.Make(seed, 0, 2_000_000)),
        new MemoryText(SyntheticText.Make(seed, 1, 100_000)),
        new MemoryText(SyntheticText.Make(seed, 2, 100_000)));

    /// <summary>The first 95 % to train, then 2.5 % each to validate and test.</summary>
    internal static TextCorpus Split(ReadOnlyMemory<byte> text)
    {
        var (train, held) = (text.Length / 100 * 95, text.Length - (text.Length / 100 * 95));
        return new TextCorpus(
            new MemoryText(text[..train]), new MemoryText(text.Slice(train, held / 2)), new MemoryText(text[(train + (held / 2))..]));
    }

    /// <summary>Tokens from a place of a text on.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokenizer">What makes the tokens.</param>
    /// <param name="at">First byte; a word that it cuts is left out unless bytes are tokens.</param>
    /// <param name="count">Tokens; fewer only where the text ends.</param>
    public static int[] Tokens(ByteText text, ITokenizer tokenizer, long at, int count)
    {
        if (tokenizer is ByteTokenizer)
        {
            return [.. text.Read(at, count).Select(value => (int)value)];
        }

        // A token is some four bytes; texts that pack worse are read again, further.
        for (var bytes = (6L * count) + 256; ; bytes *= 2)
        {
            var read = text.Read(at, (int)Math.Min(bytes, int.MaxValue / 2));
            var start = at == 0 ? 0 : Math.Max(0, Array.FindIndex(read, value => value is (byte)' ' or (byte)'\n'));
            var tokens = tokenizer.Encode(Encoding.UTF8.GetString(read.AsSpan(start)));
            // The last piece may be cut, so the tokens of one more are asked for.
            if (tokens.Length > count + 64 || at + read.Length >= text.Length)
            {
                return tokens.Length > count ? tokens[..count] : tokens;
            }
        }
    }
}
