using Bench.Domain.Randomness;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>A text with what a model learns to say.</summary>
/// <param name="Text">Tokens <c>[N]</c>.</param>
/// <param name="Durations">Frames of each token; empty where nobody measured them.</param>
/// <param name="Pitch">Standardised pitch <c>[N]</c>.</param>
/// <param name="Energy">Standardised energy <c>[N]</c>.</param>
/// <param name="Mel">Standardised log-mel frames <c>[T, bands]</c>, row-major.</param>
internal sealed record SpokenText(int[] Text, int[] Durations, float[] Pitch, float[] Energy, float[] Mel);

/// <summary>
/// Features of a corpus: log-mel frames standardised by band, and pitch and energy of each token standardised over the training part. Training features
/// are made beforehand, because batches must not touch tensors; LJSpeech takes some 3 GB.
/// </summary>
internal sealed class SpeechFeatures
{
    /// <summary>Least magnitude whose logarithm is taken, as fairseq.</summary>
    private const float Least = 1e-5f;

    private readonly SpeechCorpus _corpus;
    private readonly MelSpectrogram _spectrogram;
    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly List<SpokenText> _train;
    private readonly bool _durations;

    /// <summary>Makes the training features.</summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="durations">Whether durations, pitch and energy are needed.</param>
    /// <exception cref="InvalidDataException">Durations are needed and an utterance has none.</exception>
    public SpeechFeatures(SpeechCorpus corpus, bool durations)
    {
        (_corpus, _durations) = (corpus, durations);
        _spectrogram = new MelSpectrogram(corpus.Spectrogram);
        var raw = corpus.Train.Select(Raw).ToList();
        var bands = corpus.Spectrogram.Bands;
        (_mean, _deviation) = (new float[bands], new float[bands]);
        for (var band = 0; band < bands; band++)
        {
            (_mean[band], _deviation[band]) = Moments(raw.SelectMany(spoken => Column(spoken.Mel, band, bands)));
        }

        PitchMoments = Moments(raw.SelectMany(spoken => spoken.Pitch.Where(pitch => pitch != 0)));
        EnergyMoments = Moments(raw.SelectMany(spoken => spoken.Energy));
        _train = [.. raw.Select(Standardise)];
    }

    /// <summary>Training utterances.</summary>
    public IReadOnlyList<SpokenText> Train => _train;

    /// <summary>The spectrogram.</summary>
    public MelSpectrogram Spectrogram => _spectrogram;

    private (float Mean, float Deviation) PitchMoments { get; }

    private (float Mean, float Deviation) EnergyMoments { get; }

    /// <summary>Features of a held-out utterance.</summary>
    public SpokenText Of(Utterance utterance) => Standardise(Raw(utterance));

    /// <summary>Mel magnitudes <c>[T, bands]</c> of standardised log-mel frames.</summary>
    public Tensor Magnitudes(Tensor mel) =>
        ((mel * tensor(_deviation, device: mel.device)) + tensor(_mean, device: mel.device)).clamp(max: 20).exp();

    /// <summary>Rows drawn at random, a function of the seed and the step alone.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="step">From 0.</param>
    /// <param name="rows">How many.</param>
    /// <param name="multiple">What the number of frames is padded to a multiple of.</param>
    public SpeechBatch Draw(long seed, long step, int rows, int multiple)
    {
        var random = new CounterRandom(seed, step);
        return Batch([.. Enumerable.Range(0, rows).Select(_ => _train[random.Next(_train.Count)])], multiple);
    }

    /// <summary>A batch of given utterances.</summary>
    public SpeechBatch Batch(IReadOnlyList<SpokenText> spoken, int multiple)
    {
        var bands = _corpus.Spectrogram.Bands;
        var (n, counts) = (spoken.Max(text => text.Text.Length), spoken.Select(text => text.Mel.Length / bands).ToArray());
        var frames = (counts.Max() + multiple - 1) / multiple * multiple;
        var batch = new SpeechBatch(
            spoken.Count, n, frames, bands, new long[spoken.Count * n], _durations ? new long[spoken.Count * n] : [], new float[spoken.Count * n],
            new float[spoken.Count * n], new float[spoken.Count * frames * bands], counts);
        for (var row = 0; row < spoken.Count; row++)
        {
            var text = spoken[row];
            for (var i = 0; i < text.Text.Length; i++)
            {
                batch.Text[(row * n) + i] = text.Text[i];
                if (_durations)
                {
                    batch.Durations[(row * n) + i] = text.Durations[i];
                    batch.Pitch[(row * n) + i] = text.Pitch[i];
                    batch.Energy[(row * n) + i] = text.Energy[i];
                }
            }

            text.Mel.CopyTo(batch.Mel, row * frames * bands);
        }

        return batch;
    }

    private SpokenText Raw(Utterance utterance)
    {
        using var scope = NewDisposeScope();
        var mel = _spectrogram.Mel(tensor(utterance.Samples));                                   // [T, bands]
        var logs = mel.clamp(min: Least).log().data<float>().ToArray();
        if (!_durations)
        {
            return new SpokenText(utterance.Tokens, [], [], [], logs);
        }

        var frames = (int)mel.shape[0];
        var durations = utterance.Durations is { } given && given.Length == utterance.Tokens.Length && given.Sum() == frames
            ? given
            : throw new InvalidDataException(
                $"FastSpeech 2 needs the duration of every token, {frames} frames together; this corpus gives {utterance.Durations?.Sum().ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}. "
                + "Use the backbone transformer-tts, or add an alignment.");
        var pitch = utterance.Pitch ?? ByToken(PitchTrack.Of(utterance.Samples, _corpus.Spectrogram, frames), durations, skipZeros: true);
        var energy = ByToken(mel.norm(-1).data<float>().ToArray(), durations, skipZeros: false);
        return new SpokenText(utterance.Tokens, durations, pitch, energy, logs);
    }

    private SpokenText Standardise(SpokenText raw)
    {
        var bands = _mean.Length;
        return raw with
        {
            Pitch = [.. raw.Pitch.Select(pitch => pitch == 0 ? 0 : (pitch - PitchMoments.Mean) / PitchMoments.Deviation)],
            Energy = [.. raw.Energy.Select(energy => (energy - EnergyMoments.Mean) / EnergyMoments.Deviation)],
            Mel = [.. raw.Mel.Select((value, i) => (value - _mean[i % bands]) / _deviation[i % bands])],
        };
    }

    /// <summary>Mean over each token's frames.</summary>
    private static float[] ByToken(float[] frames, int[] durations, bool skipZeros)
    {
        var at = 0;
        return [.. durations.Select(duration =>
        {
            var own = frames.AsSpan(at, duration).ToArray().Where(value => !skipZeros || value != 0).ToArray();
            at += duration;
            return own.Length == 0 ? 0 : own.Average();
        })];
    }

    private static IEnumerable<float> Column(float[] mel, int band, int bands)
    {
        for (var i = band; i < mel.Length; i += bands)
        {
            yield return mel[i];
        }
    }

    /// <summary>Mean and standard deviation; the latter 1 where there is nothing to scale.</summary>
    private static (float Mean, float Deviation) Moments(IEnumerable<float> values)
    {
        double sum = 0, squares = 0;
        long count = 0;
        foreach (var value in values)
        {
            sum += value;
            squares += (double)value * value;
            count++;
        }

        var mean = count == 0 ? 0 : sum / count;
        var variance = count == 0 ? 0 : (squares / count) - (mean * mean);
        return ((float)mean, variance > 1e-8 ? (float)Math.Sqrt(variance) : 1);
    }
}
