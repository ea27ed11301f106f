using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Bench.Suites.Lra;

namespace Bench.Suites.Tests.Lra;

/// <summary>Rows of the Long Range Arena's tasks: generated ones and small files in the layout of the stand-in packages.</summary>
public sealed class LraDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lra-data").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Parts_of_a_stream_never_share_a_row_and_repetitions_are_skipped()
    {
        // Every row comes twice.
        var rows = Enumerable.Range(0, 40).Select(i => new LabelledTokens([1 + (i / 2), 7], i / 2 % 2));

        var data = LraData.Split(4, new LraCounts(10, 4, 6), rows);

        Assert.Equal((10, 4, 6), (data.Train.Count, data.Validation.Count, data.Test.Count));
        var all = new[] { data.Train, data.Validation, data.Test }.SelectMany(part => Enumerable.Range(0, part.Count).Select(row => (int)part.Document(row)[0]));
        Assert.Equal(Enumerable.Range(1, 20), all);
    }

    [Fact]
    public void Too_few_rows_are_an_error_that_says_how_many_there_are() =>
        Assert.Contains("There are 3 distinct rows", Assert.Throws<ArgumentException>(
            () => LraData.Split(4, new LraCounts(2, 1, 1), Enumerable.Range(1, 3).Select(i => new LabelledTokens([i], 0)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Batches_are_cut_and_padded_and_hold_first_documents_before_second_ones()
    {
        var pairs = new TokenRows(3, pairs: true);
        pairs.Add(new DocumentPair([1, 2, 3, 4], [5], 1));
        pairs.Add(new DocumentPair([6, 7], [8, 9, 10], 0));

        var batch = pairs.Cut([1, 0]);

        Assert.Equal([6, 7, 0, 1, 2, 3, 8, 9, 10, 5, 0, 0], batch.Inputs);
        Assert.Equal([2, 3, 3, 1], batch.Lengths);
        Assert.Equal([0, 1], batch.Labels);
        Assert.Equal(0.5, pairs.MajorityShare);
    }

    [Fact]
    public void A_learner_visits_every_row_once_an_epoch_in_an_order_that_a_resume_finds_again()
    {
        var rows = new TokenRows(1);
        for (var i = 0; i < 10; i++)
        {
            rows.Add(new LabelledTokens([i], 0));
        }

        List<long> Inputs(params long[] steps)
        {
            // No model is needed for batches.
            var learner = new LraLearner(null!, new LraData(rows, rows, rows), batch: 4, seed: 3, TorchSharp.torch.CPU);
            return [.. steps.SelectMany(step => learner.MakeBatch(step).Inputs)];
        }

        var whole = Inputs(0, 1, 2, 3, 4);

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), whole[..10].Order());
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), whole[10..20].Order());
        Assert.NotEqual(whole[..10], whole[10..20]);
        Assert.Equal(whole[12..], Inputs(3, 4));
    }

    [Fact]
    public void A_mail_loses_its_header_block_and_keeps_its_thread()
    {
        var mail = MailFolder.Parse("From x\nSubject: Re: [ILUG] FW: Big News\r\n\tfolded\nX-Spam: no\n\nHello\n\nworld\n"u8, isSpam: true);

        Assert.Equal("Hello\n\nworld", Encoding.ASCII.GetString(mail.Body));
        Assert.Equal(("big news", true), (mail.Thread, mail.IsSpam));
        Assert.Empty(MailFolder.Parse("Subject: only a header\n"u8, isSpam: false).Body);
    }

    [Fact]
    public void Pairs_of_one_thread_are_of_class_one_and_threads_stay_in_their_part()
    {
        var mails = Enumerable.Range(0, 200).Select(i => new Mail(i % 5 == 4, $"thread {i % 40}", Encoding.ASCII.GetBytes($"{i % 40:00} mail {i}"))).ToList();
        var threads = new MailThreads(mails);

        var texts = new Dictionary<LraSplit, HashSet<string>>();
        foreach (var split in Enum.GetValues<LraSplit>())
        {
            texts[split] = [];
            foreach (var pair in threads.Pairs(split, 100).Take(60))
            {
                var (first, second) = (Text(pair.First), Text(pair.Second));
                Assert.Equal(pair.Label == 1, first[..2] == second[..2]);
                Assert.NotEqual(first, second);
                texts[split].UnionWith([first[..2], second[..2]]);
            }
        }

        Assert.Empty(texts[LraSplit.Train].Intersect(texts[LraSplit.Test]));
        Assert.Empty(texts[LraSplit.Train].Intersect(texts[LraSplit.Validation]));
        Assert.Empty(texts[LraSplit.Validation].Intersect(texts[LraSplit.Test]));
    }

    [Fact]
    public void Clothes_get_a_frame_and_the_last_tenth_of_training_is_validation()
    {
        WriteClothes("train", count: 20);
        WriteClothes("t10k", count: 3);

        var train = FashionFile.Read(_folder, LraSplit.Train).ToList();
        var validation = FashionFile.Read(_folder, LraSplit.Validation).ToList();
        var test = FashionFile.Read(_folder, LraSplit.Test).ToList();

        Assert.Equal((18, 2, 3), (train.Count, validation.Count, test.Count));
        Assert.Equal([8, 9], validation.Select(row => row.Label));
        Assert.Equal(1024, train[5].Tokens.Count);
        Assert.All(train[5].Tokens.Take(64), pixel => Assert.Equal(0, pixel));
        // The first pixel of the picture stands at row 2, column 2.
        Assert.Equal(105, train[5].Tokens[(2 * 32) + 2]);
        Assert.Equal(28 * 28, train[5].Tokens.Count(pixel => pixel > 0));
    }

    [Fact]
    public void A_file_of_another_kind_is_refused()
    {
        WriteClothes("train", count: 2, magic: 7);

        Assert.Throws<InvalidDataException>(() => FashionFile.Read(_folder, LraSplit.Train).ToList());
    }

    [Fact]
    public void Letters_do_not_tell_the_two_sources_apart_but_their_groups_do()
    {
        var text = new MarkovText();
        var counts = new double[2, 257];
        var groups = new int[2, 2];
        for (var row = 0; row < 400; row++)
        {
            var (tokens, label) = text.Row(row, 400);
            Assert.InRange(tokens.Count, 200, 400);
            foreach (var token in tokens)
            {
                counts[label, token] += 1.0 / tokens.Count / 200;
            }

            var letters = Text(tokens);
            groups[label, 0] += letters.Split("abc").Length - 1;
            groups[label, 1] += letters.Split("cba").Length - 1;
        }

        Assert.All(Enumerable.Range(0, 257), token => Assert.InRange(counts[0, token] - counts[1, token], -0.004, 0.004));
        Assert.True(groups[0, 0] > 3 * groups[1, 0] && groups[1, 1] > 3 * groups[0, 1], "The groups do not tell the sources apart.");
    }

    [Fact]
    public void Matching_documents_have_all_rare_tokens_in_common_and_others_none()
    {
        var task = new SharedTokens(new SharedTokensOptions { Common = 20, Rare = 8, Shared = 2, Repeats = 3, Length = 40 });
        for (var row = 0; row < 100; row++)
        {
            var pair = task.Row(row);
            int[] first = [.. pair.First.Where(id => id > 20)], second = [.. pair.Second.Where(id => id > 20)];

            Assert.Equal((40, 40), (pair.First.Count, pair.Second.Count));
            Assert.Equal((6, 6), (first.Length, second.Length));
            Assert.Equal(2, first.Distinct().Count());
            Assert.Equal(pair.Label == 1 ? 2 : 0, first.Intersect(second).Count());
            Assert.InRange(pair.First.Concat(pair.Second).Max(), 21, task.VocabularySize - 1);
        }

        Assert.Throws<ArgumentException>(() => new SharedTokens(new SharedTokensOptions { Rare = 3, Shared = 2 }));
    }

    [Fact]
    public void Shapes_stand_out_from_their_ground_and_differ_from_each_other()
    {
        var rows = Enumerable.Range(0, 10).Select(row => ShapeImages.Row(row)).ToList();

        Assert.Equal(Enumerable.Range(0, 10), rows.Select(row => row.Label));
        Assert.All(rows, row =>
        {
            var levels = row.Tokens.Distinct().Order().ToList();
            Assert.Equal(2, levels.Count);
            Assert.InRange(levels[1] - levels[0], 55, 255);
            Assert.InRange(levels[1], 0, 255);
        });
    }

    private static string Text(IReadOnlyList<int> tokens) => Encoding.ASCII.GetString([.. tokens.Select(token => (byte)(token - 1))]);

    private void WriteClothes(string part, int count, int magic = 2051)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "usr", "share", "datasets", "fashion-mnist")).FullName;
        byte[] images = [.. Big(magic), .. Big(count), .. Big(28), .. Big(28), .. Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((byte)(100 + i), 28 * 28))];
        byte[] labels = [.. Big(2049), .. Big(count), .. Enumerable.Range(0, count).Select(i => (byte)(i % 10))];
        foreach (var (name, bytes) in new[] { ($"{part}-images-idx3-ubyte.gz", images), ($"{part}-labels-idx1-ubyte.gz", labels) })
        {
            using var stream = new GZipStream(File.Create(Path.Combine(folder, name)), CompressionLevel.Fastest);
            stream.Write(bytes);
        }
    }

    private static byte[] Big(int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
