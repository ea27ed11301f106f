using Bench.Suites.Data;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// Ten recordings with their words from the test data of a speech recogniser: five sentences of a novel and five commands, 16 kHz. Far too few to learn
/// speech; they show that real recordings pass through everything, and a model can be fitted to them.
/// </summary>
internal static class PocketSphinxSpeech
{
    /// <summary>16 kHz with a window of 50 ms every 12.5 ms.</summary>
    public static SpectrogramSettings Spectrogram { get; } = new() { SampleRate = 16000, Window = 800, Hop = 200, HighestFrequency = 8000 };

    /// <summary>All recordings but two to train, one each to validate and test. Durations and pitch were not measured.</summary>
    /// <exception cref="DataMissingException">The package was not prepared.</exception>
    /// <exception cref="InvalidDataException">A recording has another rate than 16 kHz.</exception>
    public static SpeechCorpus Read()
    {
        var folder = Path.Combine(DataFolder.Package("pocketsphinx"), "usr", "share", "pocketsphinx", "test", "data");
        Utterance[] all = [.. Part(Path.Combine(folder, "cards"), "cards.transcription"), .. Part(Path.Combine(folder, "librivox"), "transcription")];
        return new SpeechCorpus(Spectrogram, Letters.Vocabulary, all[..^2], all[^2..^1], all[^1..]);
    }

    private static IEnumerable<Utterance> Part(string folder, string transcription)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, transcription)).Where(line => line.Contains('(', StringComparison.Ordinal)))
        {
            // "<s> words </s> (id)"
            var open = line.LastIndexOf('(');
            var wave = WaveFile.Read(Path.Combine(folder, line[(open + 1)..line.LastIndexOf(')')] + ".wav"));
            if (wave.SampleRate != Spectrogram.SampleRate)
            {
                throw new InvalidDataException($"A recording of '{folder}' has {wave.SampleRate} Hz instead of {Spectrogram.SampleRate}; prepare the package again.");
            }

            yield return new Utterance(
                Letters.Encode(line[..open].Replace("<s>", "", StringComparison.Ordinal).Replace("</s>", "", StringComparison.Ordinal).Trim()),
                wave.Samples, null, null);
        }
    }
}
