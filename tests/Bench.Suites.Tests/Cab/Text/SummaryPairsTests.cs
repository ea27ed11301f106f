using Bench.Suites.Cab.Text;

namespace Bench.Suites.Tests.Cab.Text;

public sealed class SummaryPairsTests
{
    [Fact]
    public void The_summary_of_a_synthetic_document_is_its_sentence_about_the_topic()
    {
        var pairs = SummaryPairs.Synthetic(5, sentences: 4, train: 50, held: 10);

        Assert.Equal((50, 10, 10), (pairs.Train.Count, pairs.Validation.Count, pairs.Test.Count));
        Assert.All(pairs.Train.Concat(pairs.Test), pair =>
        {
            var topic = pair.Document.Split(' ')[2];
            Assert.Equal(topic, pair.Summary.Split(' ')[2]);
            Assert.Equal(4, pair.Document.Split(':')[1].Split('.', StringSplitOptions.RemoveEmptyEntries).Length);
            Assert.Single(pair.Document.Split(':')[1].Split('.'), sentence => sentence.Trim() == pair.Summary);
        });
        Assert.Empty(pairs.Train.Select(pair => pair.Document).Intersect(pairs.Test.Select(pair => pair.Document)));
    }

    [Fact]
    public void A_mail_gives_its_own_words_and_its_subject_without_reply_marks()
    {
        var pair = SummaryPairs.Mail("From: a@b\nSubject: Re: [list] Fwd: New\n sequences window\nContent-Type: text/plain\n\nHello all,\n> quoted\nbye");

        Assert.Equal(new SummaryPair("Hello all,\nbye", "New sequences window"), pair);
    }

    [Theory]
    [InlineData("Subject: one\n\nbody")]
    [InlineData("Subject: two words\nContent-Type: text/html\n\nbody")]
    [InlineData("Subject: two words\n\n> only quoted")]
    [InlineData("no body at all")]
    public void Mails_that_cannot_serve_are_left_out(string mail) => Assert.Null(SummaryPairs.Mail(mail));

    [Fact]
    public void Paired_files_are_read_line_by_line_and_must_match()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var (sources, targets) = (Path.Combine(folder, "s"), Path.Combine(folder, "t"));
            File.WriteAllText(sources, "one ||||| more\nzwei — äö\n");
            File.WriteAllText(targets, "1\n2");
            var pairs = new PairFiles(sources, targets);

            Assert.Equal([new SummaryPair("one ||||| more", "1"), new SummaryPair("zwei — äö", "2")], pairs);
            File.WriteAllText(targets, "1\n");
            Assert.Contains("2 lines", Assert.Throws<InvalidDataException>(() => new PairFiles(sources, targets)).Message, StringComparison.Ordinal);
            Assert.Throws<FileNotFoundException>(() => new PairFiles(sources, Path.Combine(folder, "none")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Rows_are_shifted_by_one_and_padded()
    {
        var rows = new SummaryRows([new SummaryPair("ab", "xy"), new SummaryPair("abcdef", "vwxyz")], new ByteTokenizer(), length: 4, sourceLength: 4);

        var batch = rows.Of([0, 1]);

        Assert.Equal(['a', 'b', 256, 256, 'a', 'b', 'c', 'd'], batch.Source);
        Assert.Equal([true, true, false, false, true, true, true, true], batch.Real);
        Assert.Equal([257, 'x', 'y', 256, 257, 'v', 'w', 'x'], batch.Inputs);
        Assert.Equal(['x', 'y', 258, -100, 'v', 'w', 'x', 258], batch.Targets);
        Assert.Equal("vwx", rows.Reference(1));
        Assert.Equal("xy", rows.Text(['x', 257, 'y']));
    }

    [Fact]
    public void The_lead_has_as_many_words_as_the_reference()
    {
        var rows = new SummaryRows([new SummaryPair("one two three four", "a b")], new ByteTokenizer(), 8, 32);

        Assert.Equal("one two", rows.Lead(0));
    }
}
