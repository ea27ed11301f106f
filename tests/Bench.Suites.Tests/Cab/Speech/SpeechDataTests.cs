using Bench.Suites.Cab.Speech;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab.Speech;

public sealed class SpeechDataTests
{
    [Fact]
    public void Synthetic_durations_are_exact_and_a_question_rises()
    {
        var corpus = SyntheticSpeech.Make(4, letters: 12, train: 40, held: 4);

        using var scope = NewDisposeScope();
        var spectrogram = new MelSpectrogram(corpus.Spectrogram);
        Assert.All(corpus.Train.Take(5), spoken => Assert.Equal(spoken.Durations!.Sum(), spectrogram.Mel(tensor(spoken.Samples)).shape[0]));
        Assert.All(corpus.Train, spoken => Assert.InRange(spoken.Tokens.Length, 6, 12));
        // The same letter at the end is higher in questions (last token 18) than in statements (17).
        double Pitch(int mark) => corpus.Train.Where(spoken => spoken.Tokens[^1] == mark).Average(spoken => spoken.Pitch![^2] - spoken.Pitch[0]);
        Assert.True(Pitch(18) > Pitch(17) + 0.3, $"{Pitch(18)} and {Pitch(17)}");
    }

    [Fact]
    public void Features_are_standardised_and_batches_padded()
    {
        var corpus = SyntheticSpeech.Make(4, letters: 6, train: 30, held: 2);
        var features = new SpeechFeatures(corpus, durations: true);

        var mel = features.Train.SelectMany(spoken => spoken.Mel).ToArray();
        Assert.Equal(0, mel.Average(), 3);
        Assert.Equal(1, mel.Average(value => value * value), 1);
        Assert.Equal(0, features.Train.SelectMany(spoken => spoken.Energy).Average(), 3);

        var batch = features.Batch([features.Train[0], features.Train[1]], multiple: 4);
        Assert.Equal(0, batch.Frames % 4);
        Assert.Equal(batch.Counts.Select(count => (long)count), new[] { 0, 1 }.Select(row => batch.Durations.Skip(row * batch.TextLength).Take(batch.TextLength).Sum()));
        Assert.Equal(features.Draw(1, 7, 3, 1).Mel, features.Draw(1, 7, 3, 1).Mel);
    }

    [Fact]
    public void Magnitudes_come_back_from_standardised_frames()
    {
        using var scope = NewDisposeScope();
        var corpus = SyntheticSpeech.Make(4, letters: 6, train: 8, held: 1);
        var features = new SpeechFeatures(corpus, durations: false);

        var mel = tensor(features.Train[0].Mel).view(-1, 80);
        var expected = features.Spectrogram.Mel(tensor(corpus.Train[0].Samples)).clamp(min: 1e-5);

        Assert.True(features.Magnitudes(mel).allclose(expected, rtol: 1e-3, atol: 1e-5));
    }

    [Fact]
    public void Missing_durations_are_named()
    {
        var corpus = SyntheticSpeech.Make(4, letters: 6, train: 3, held: 1);
        var unaligned = corpus with { Train = [.. corpus.Train.Select(spoken => spoken with { Durations = null })] };

        Assert.Contains("transformer-tts", Assert.Throws<InvalidDataException>(() => new SpeechFeatures(unaligned, durations: true)).Message, StringComparison.Ordinal);
        Assert.Equal(3, new SpeechFeatures(unaligned, durations: false).Train.Count);
    }

    [Fact]
    public void Pitch_is_the_tones_frequency_and_silence_has_none()
    {
        float[] tone = [.. Enumerable.Range(0, 4000).Select(i => (float)(Math.Sin(2 * Math.PI * 200 * i / 8000) + (0.5 * Math.Sin(2 * Math.PI * 400 * i / 8000))))];

        var pitch = PitchTrack.Of([.. tone, .. new float[4000]], SyntheticSpeech.Spectrogram, 80);

        Assert.All(pitch[4..36], value => Assert.Equal(Math.Log(200), value, 1));
        Assert.All(pitch[46..], value => Assert.Equal(0, value));
    }
}
