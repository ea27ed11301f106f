using Bench.Domain.Randomness;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// Harmonic tones driven by an alphabet of 16 letters and two final marks. A letter has a length of 3 to 6 frames, a pitch and the loudness of its
/// overtones; the melody falls over a statement and rises over a question, so a model must look at the last mark to say the first letter right. Durations
/// and pitch are exact.
/// </summary>
internal static class SyntheticSpeech
{
    private const int Alphabet = 16;
    private const int Harmonics = 12;

    /// <summary>Tokens, padding and the two final marks included.</summary>
    public static int Vocabulary => Alphabet + 3;

    /// <summary>8 kHz with CAB's distortion window of 50 ms every 12.5 ms.</summary>
    public static SpectrogramSettings Spectrogram { get; } = new() { SampleRate = 8000, Window = 400, Hop = 100, HighestFrequency = 4000 };

    /// <summary>Makes the three parts.</summary>
    /// <param name="seed">Seed of the letters' sounds; the parts are different streams of it.</param>
    /// <param name="letters">Letters of an utterance at most, its final mark included.</param>
    /// <param name="train">Training utterances.</param>
    /// <param name="held">Validation utterances, and test utterances.</param>
    public static SpeechCorpus Make(long seed, int letters, int train, int held)
    {
        var voice = Voice(seed);
        Utterance[] Part(int first, int count) => [.. Enumerable.Range(first, count).Select(i => Say(voice, new CounterRandom(seed, 1L + i), letters))];
        return new SpeechCorpus(Spectrogram, Vocabulary, Part(0, train), Part(train, held), Part(train + held, held));
    }

    private static (int Frames, double Pitch, double[] Overtones)[] Voice(long seed)
    {
        var random = new CounterRandom(seed);
        return [.. Enumerable.Range(0, Alphabet).Select(_ => (
            random.Next(3, 7), 120 * Math.Pow(2, random.NextDouble()), Enumerable.Range(0, Harmonics).Select(_ => Math.Exp(random.NextNormal()) / Harmonics).ToArray()))];
    }

    private static Utterance Say((int Frames, double Pitch, double[] Overtones)[] voice, CounterRandom random, int letters)
    {
        var count = random.Next(Math.Max(2, letters / 2), letters + 1) - 1;
        var tokens = Enumerable.Range(0, count).Select(_ => 1 + random.Next(Alphabet)).Append(Alphabet + 1 + random.Next(2)).ToArray();
        var rises = tokens[^1] == Alphabet + 2;
        int[] durations = [.. tokens.Select(token => token > Alphabet ? 2 : voice[token - 1].Frames)];
        var frames = durations.Sum();
        // A centred spectrogram has a frame more than there are hops.
        var samples = new float[(frames - 1) * Spectrogram.Hop];
        var pitches = new float[tokens.Length];
        var (phase, frame) = (0.0, 0);
        for (var i = 0; i < tokens.Length; frame += durations[i], i++)
        {
            if (tokens[i] > Alphabet)
            {
                continue;
            }

            var (_, pitch, overtones) = voice[tokens[i] - 1];
            var place = (double)i / tokens.Length;
            var spoken = pitch * (rises ? 0.8 + (0.6 * place) : 1.2 - (0.4 * place));
            pitches[i] = (float)Math.Log(spoken);
            for (var at = frame * Spectrogram.Hop; at < Math.Min(samples.Length, (frame + durations[i]) * Spectrogram.Hop); at++)
            {
                phase += 2 * Math.PI * spoken / Spectrogram.SampleRate;
                samples[at] = (float)overtones.Select((loudness, harmonic) => loudness * Math.Sin((harmonic + 1) * phase)).Sum();
            }
        }

        return new Utterance(tokens, samples, durations, pitches);
    }
}
