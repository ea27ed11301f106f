using Bench.Suites.Cab.Text;

namespace Bench.Suites.Tests.Cab.Text;

public sealed class TokenizerTests
{
    private const string Sample = "The cat sat on the mat. It's 12 o'clock, isn't it?\n\n  Größe 你好 the the the cat";

    [Fact]
    public void Merges_are_learned_by_frequency()
    {
        // Piece "aaabdaaabac": "aa" occurs four times; then (aa)a before ab.
        var tokenizer = BytePairTokenizer.Learn("aaabdaaabac", 259);

        Assert.Equal("aaabdaaabac", tokenizer.Decode(tokenizer.Encode("aaabdaaabac")));
        Assert.Equal("aa", tokenizer.Decode([256]));
        Assert.Equal(259, tokenizer.VocabularySize);
        Assert.Equal([256, 'c'], tokenizer.Encode("aac"));
    }

    [Fact]
    public void Text_comes_back_unchanged_from_bytes_and_from_pairs()
    {
        var pairs = BytePairTokenizer.Learn(Sample, 300);
        foreach (ITokenizer tokenizer in new ITokenizer[] { new ByteTokenizer(), pairs })
        {
            Assert.Equal(Sample, tokenizer.Decode(tokenizer.Encode(Sample)));
            Assert.All(tokenizer.Encode(Sample), token => Assert.InRange(token, 0, tokenizer.VocabularySize - 1));
        }

        Assert.True(pairs.Encode(Sample).Length < new ByteTokenizer().Encode(Sample).Length);
    }

    [Fact]
    public void The_same_text_teaches_the_same_pairs() =>
        Assert.Equal(BytePairTokenizer.Learn(Sample, 290).Encode(Sample), BytePairTokenizer.Learn(Sample, 290).Encode(Sample));

    [Fact]
    public void Published_files_are_loaded_with_their_own_numbers()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            // All bytes in the files' own signs, "Ġ" for the space, then two merges.
            var signs = Enumerable.Range(0, 256).Where(value => value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255)).Select(value => ((char)value).ToString())
                .Concat(Enumerable.Range(256, 68).Select(value => ((char)value).ToString())).ToList();
            var tokens = signs.Append("th").Append("\u0120th").Append("<|endoftext|>").Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
            File.WriteAllText(Path.Combine(folder, "vocab.json"), System.Text.Json.JsonSerializer.Serialize(tokens));
            File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\nt h\n\u0120 th\n");

            var tokenizer = BytePairTokenizer.Load(folder);

            Assert.Equal([tokens["th"], tokens["e"], tokens["\u0120th"], tokens["e"]], tokenizer.Encode("the the"));
            Assert.Equal("the the\n", tokenizer.Decode(tokenizer.Encode("the the\n")));
            Assert.Equal(259, tokenizer.VocabularySize);

            File.AppendAllText(Path.Combine(folder, "merges.txt"), "q q\n");
            Assert.Contains("same release", Assert.Throws<InvalidDataException>(() => BytePairTokenizer.Load(folder)).Message, StringComparison.Ordinal);
            File.Delete(Path.Combine(folder, "merges.txt"));
            Assert.Contains("merges.txt", Assert.Throws<FileNotFoundException>(() => BytePairTokenizer.Load(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
