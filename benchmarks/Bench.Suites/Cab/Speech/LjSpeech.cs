using System.Collections;
using System.Globalization;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// LJSpeech from <c>metadata.csv</c> (<c>id|text|normalised text</c>, no header) and <c>wavs/&lt;id&gt;.wav</c>, 22.05 kHz; recordings are read where they
/// are asked for. The last 100 clips test, the 100 before them validate.
/// </summary>
/// <remarks>
/// Tokens are letters, unless <c>durations.csv</c> gives phonemes and their frames of 256 samples as <c>id|phonemes|frames</c>, both parted by spaces:
/// FastSpeech 2 needs it (CAB makes it with a forced aligner), Transformer-TTS does not.
/// </remarks>
internal static class LjSpeech
{
    private const int Held = 100;

    /// <summary>Reads the lists of the data folder.</summary>
    /// <exception cref="DataMissingException">The data set is not there.</exception>
    /// <exception cref="InvalidDataException">A list has another form; the message says which line.</exception>
    public static SpeechCorpus Read() => Read(DataFolder.Official("LJSpeech-1.1"));

    /// <summary>Reads the lists of a folder.</summary>
    /// <exception cref="InvalidDataException">A list has another form; the message says which line.</exception>
    internal static SpeechCorpus Read(string folder)
    {
        var lines = Lines(Path.Combine(folder, "metadata.csv"), "id|text|normalised text");
        var aligned = Path.Combine(folder, "durations.csv");
        if (!File.Exists(aligned))
        {
            return Corpus(Letters.Vocabulary, [.. lines.Select(line => new Clip(folder, line[0], Letters.Encode(line[2]), null))]);
        }

        var alignment = Lines(aligned, "id|phonemes|frames").ToDictionary(line => line[0], StringComparer.Ordinal);
        string[] phonemes = [.. alignment.Values.SelectMany(line => line[1].Split(' ')).Distinct().Order(StringComparer.Ordinal)];
        var ids = phonemes.Select((phoneme, i) => (phoneme, i)).ToDictionary(pair => pair.phoneme, pair => pair.i + 1, StringComparer.Ordinal);
        return Corpus(phonemes.Length + 1, [.. lines.Where(line => alignment.ContainsKey(line[0])).Select(line =>
        {
            var (said, frames) = (alignment[line[0]][1].Split(' '), alignment[line[0]][2].Split(' '));
            return said.Length == frames.Length
                ? new Clip(folder, line[0], [.. said.Select(phoneme => ids[phoneme])], [.. frames.Select(count => Frames(count, aligned, line[0]))])
                : throw new InvalidDataException($"'{aligned}' gives '{line[0]}' {said.Length} phonemes and {frames.Length} durations; both must be equal.");
        })]);
    }

    private static int Frames(string text, string file, string id) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var frames)
        ? frames
        : throw new InvalidDataException($"'{file}' gives '{id}' the duration '{text}'; durations are whole numbers of frames.");

    private static SpeechCorpus Corpus(int vocabulary, Clip[] clips) => clips.Length > 2 * Held
        ? new SpeechCorpus(SpectrogramSettings.LjSpeech, vocabulary, new Clips(clips[..^(2 * Held)]), new Clips(clips[^(2 * Held)..^Held]), new Clips(clips[^Held..]))
        : throw new InvalidDataException($"LJSpeech has {clips.Length} usable clips here; more than {2 * Held} are needed. Unpack the whole data set.");

    private static IReadOnlyList<string[]> Lines(string path, string form) => [.. File.ReadLines(path).Where(line => line.Length > 0).Select((line, i) =>
        line.Split('|') is { Length: 3 } parts
            ? parts
            : throw new InvalidDataException($"Line {i + 1} of '{path}' has {line.Split('|').Length} columns; expected {form}."))];

    private sealed record Clip(string Folder, string Id, int[] Tokens, int[]? Durations);

    /// <summary>Reads a clip's recording when it is asked for.</summary>
    private sealed class Clips(Clip[] clips) : IReadOnlyList<Utterance>
    {
        public int Count => clips.Length;

        public Utterance this[int index]
        {
            get
            {
                var clip = clips[index];
                var path = Path.Combine(clip.Folder, "wavs", clip.Id + ".wav");
                var wave = File.Exists(path)
                    ? WaveFile.Read(path)
                    : throw new DataMissingException($"'{path}' is missing, though metadata.csv names it. Unpack the whole data set.");
                return wave.SampleRate == SpectrogramSettings.LjSpeech.SampleRate
                    ? new Utterance(clip.Tokens, wave.Samples, clip.Durations, null)
                    : throw new InvalidDataException($"'{clip.Id}.wav' has {wave.SampleRate} Hz instead of {SpectrogramSettings.LjSpeech.SampleRate}.");
            }
        }

        public IEnumerator<Utterance> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
