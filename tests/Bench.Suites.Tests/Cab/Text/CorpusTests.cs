using System.Text;
using Bench.Domain.Randomness;
using Bench.Suites.Cab.Text;

namespace Bench.Suites.Tests.Cab.Text;

public sealed class CorpusTests
{
    [Fact]
    public void A_text_is_split_without_loss_or_overlap()
    {
        var bytes = Enumerable.Range(0, 1003).Select(i => (byte)i).ToArray();
        var corpus = TextCorpus.Split(bytes);

        byte[] All(ByteText text) => text.Read(0, (int)text.Length);
        Assert.Equal(950, corpus.Train.Length);
        Assert.Equal(bytes, (byte[])[.. All(corpus.Train), .. All(corpus.Validation), .. All(corpus.Test)]);
    }

    [Fact]
    public void Files_are_read_as_one_text()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "b.txt"), "fghij");
            File.WriteAllText(Path.Combine(folder, "a.txt"), "abcde");
            var text = new FolderText(folder, "*.txt");

            Assert.Equal(10, text.Length);
            Assert.Equal("defg", Encoding.ASCII.GetString(text.Read(3, 4)));
            Assert.Equal("fg", Encoding.ASCII.GetString(text.Read(5, 2)));
            Assert.Equal("ij", Encoding.ASCII.GetString(text.Read(8, 99)));
            Assert.Throws<FileNotFoundException>(() => new FolderText(folder, "*.csv"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Windows_have_the_asked_number_of_tokens_and_begin_with_a_whole_word()
    {
        var text = new MemoryText(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("alpha beta gamma ", 200))));
        var pairs = BytePairTokenizer.Learn("alpha beta gamma alpha beta gamma alpha beta gamma", 300);

        Assert.Equal("lpha ", new ByteTokenizer().Decode(TextCorpus.Tokens(text, new ByteTokenizer(), 1, 5)));
        var window = TextCorpus.Tokens(text, pairs, 1, 9);
        Assert.Equal(9, window.Length);
        Assert.StartsWith(" beta gamma", pairs.Decode(window), StringComparison.Ordinal);
    }

    [Fact]
    public void Synthetic_text_is_seeded_and_quotes_itself()
    {
        var text = Encoding.ASCII.GetString(SyntheticText.Make(3, 0, 5000));

        Assert.Equal(text, Encoding.ASCII.GetString(SyntheticText.Make(3, 0, 5000)));
        Assert.NotEqual(text, Encoding.ASCII.GetString(SyntheticText.Make(3, 1, 5000)));
        Assert.Matches("^[a-z \"]+$", text);
        var quoted = text.IndexOf('"', StringComparison.Ordinal);
        var first = text.Substring(quoted + 1, 8);
        Assert.Contains(first, text[..quoted], StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_hide_fifteen_percent_and_ask_for_what_they_hide()
    {
        int[][] rows = [.. Enumerable.Range(0, 40).Select(row => Enumerable.Range(0, 100).Select(i => (row + i) % 50).ToArray())];

        var batch = MaskedLanguageModellingLearner.Mask(rows, 50, new CounterRandom(7));

        Assert.Equal(600, batch.Chosen.Length);
        Assert.Equal(batch.Chosen.Distinct().Order(), batch.Chosen);
        Assert.All(batch.Chosen.Zip(batch.Targets), pair => Assert.Equal(rows[pair.First / 100][pair.First % 100], pair.Second));
        Assert.InRange(batch.Chosen.Count(place => batch.Inputs[place] == 50) / 600.0, 0.74, 0.86);
        var untouched = Enumerable.Range(0, 4000).Except(batch.Chosen.Select(place => (int)place));
        Assert.All(untouched, place => Assert.Equal(rows[place / 100][place % 100], batch.Inputs[place]));
    }
}
