using Bench.Suites.Cab.Speech;
using Bench.Suites.Data;

namespace Bench.Suites.Tests.Cab.Speech;

/// <summary>The layout of LJSpeech, on a folder that the tests write themselves.</summary>
public sealed class LjSpeechTests : IDisposable
{
    private const int Rate = 22050;
    private readonly string _folder = Directory.CreateTempSubdirectory("ljspeech-").FullName;

    public LjSpeechTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "wavs"));
        Lines("metadata.csv", i => $"LJ{i:000}|Mr. {Word(i)}|Mister {Word(i)}");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_last_hundred_clips_test_and_the_hundred_before_validate()
    {
        Recording(0, [16384, -16384]);
        Recording(3, [1]);
        Recording(203, [-32768]);

        var corpus = LjSpeech.Read(_folder);

        Assert.Equal((4, 100, 100), (corpus.Train.Count, corpus.Validation.Count, corpus.Test.Count));
        Assert.Equal(Letters.Vocabulary, corpus.Vocabulary);
        Assert.Equal((Rate, 256), (corpus.Spectrogram.SampleRate, corpus.Spectrogram.Hop));
        // The normalised text is what is said.
        Assert.Equal(Letters.Encode("mister " + Word(0)), corpus.Train[0].Tokens);
        Assert.Equal([0.5f, -0.5f], corpus.Train[0].Samples);
        Assert.Equal(Letters.Encode("mister " + Word(3)), corpus.Train[^1].Tokens);
        Assert.Equal(Letters.Encode("mister " + Word(203)), corpus.Test[^1].Tokens);
        Assert.Null(corpus.Test[^1].Durations);
    }

    [Fact]
    public void Phonemes_and_their_frames_come_from_the_alignment_where_there_is_one()
    {
        Recording(1, [1]);
        // Clip 0 was not aligned and is left out.
        Lines("durations.csv", i => $"LJ{i:000}|HH {(i % 2 == 0 ? "AH" : "OW")}|3 {i}", from: 1);

        var corpus = LjSpeech.Read(_folder);

        Assert.Equal((3, 4), (corpus.Train.Count, corpus.Vocabulary));
        Assert.Equal([2, 3], corpus.Train[0].Tokens);
        Assert.Equal([3, 1], corpus.Train[0].Durations!);
    }

    [Fact]
    public void What_is_missing_or_of_another_form_is_named()
    {
        var corpus = LjSpeech.Read(_folder);
        Assert.Contains("LJ002.wav", Assert.Throws<DataMissingException>(() => corpus.Train[2]).Message, StringComparison.Ordinal);
        Recording(2, [1], rate: 16000);
        Assert.Contains("16000 Hz instead of 22050", Assert.Throws<InvalidDataException>(() => corpus.Train[2]).Message, StringComparison.Ordinal);

        Lines("durations.csv", i => $"LJ{i:000}|HH OW|3");
        Assert.Contains("2 phonemes and 1 durations", Refused(), StringComparison.Ordinal);
        Lines("durations.csv", i => $"LJ{i:000}|HH|3.5");
        Assert.Contains("'LJ000' the duration '3.5'", Refused(), StringComparison.Ordinal);
        Lines("durations.csv", i => $"LJ{i:000}|HH");
        Assert.Contains("Line 1", Refused(), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "durations.csv"));
        Lines("metadata.csv", i => $"LJ{i:000}|one|one", count: 200);
        Assert.Contains("200 usable clips", Refused(), StringComparison.Ordinal);
    }

    private string Refused() => Assert.Throws<InvalidDataException>(() => LjSpeech.Read(_folder)).Message;

    /// <summary>Digits are no letters of the alphabet.</summary>
    private static string Word(int clip) => new([.. $"{clip}".Select(digit => (char)('a' + digit - '0'))]);

    private void Lines(string file, Func<int, string> line, int from = 0, int count = 204) =>
        File.WriteAllLines(Path.Combine(_folder, file), Enumerable.Range(from, count - from).Select(line));

    private void Recording(int clip, short[] samples, int rate = Rate) =>
        File.WriteAllBytes(Path.Combine(_folder, "wavs", $"LJ{clip:000}.wav"), WaveFileTests.Wave(1, 16, samples, rate: rate));
}
