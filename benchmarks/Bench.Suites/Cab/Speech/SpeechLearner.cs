using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// Speaking texts: tested by distortions between the model's waveform and the reference, both through the same vocoder.
/// </summary>
internal sealed class SpeechLearner : ILearner<SpeechBatch>
{
    /// <summary>Seed of the vocoder's first phases, the same for model and reference.</summary>
    private const long Phases = 1;

    private readonly ISpeaker _speaker;
    private readonly SpeechFeatures _features;
    private readonly GriffinLim _vocoder;
    private readonly Device _device;
    private readonly int _seed;
    private readonly int _rows;
    private readonly int _sampleRate;
    private readonly List<(SpokenText Text, Tensor Reference)> _validation;
    private readonly List<(SpokenText Text, Tensor Reference)> _test;

    /// <summary>Prepares held-out references.</summary>
    /// <param name="speaker">The backbone; its model is owned.</param>
    /// <param name="corpus">The data.</param>
    /// <param name="features">Its features.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="seed">Seed of the order of utterances.</param>
    /// <param name="rows">Utterances of a batch.</param>
    /// <param name="held">Utterances to validate on, and to test on; 0 for all.</param>
    public SpeechLearner(ISpeaker speaker, SpeechCorpus corpus, SpeechFeatures features, Device device, int seed, int rows, int held)
    {
        (_speaker, _features, _device, _seed, _rows) = (speaker, features, device, seed, rows);
        _sampleRate = corpus.Spectrogram.SampleRate;
        _vocoder = new GriffinLim(features.Spectrogram);
        List<(SpokenText, Tensor)> References(IReadOnlyList<Utterance> part) =>
            [.. part.Take(held == 0 ? part.Count : held).Select(utterance =>
            {
                using var scope = NewDisposeScope();
                var text = features.Of(utterance);
                return (text, Waveform(tensor(text.Mel).view(-1, corpus.Spectrogram.Bands)).DetachFromDisposeScope());
            })];
        (_validation, _test) = (References(corpus.Validation), References(corpus.Test));
    }

    /// <inheritdoc />
    public nn.Module Model => _speaker.Model;

    /// <inheritdoc />
    public SpeechBatch MakeBatch(long step) => _features.Draw(_seed, step, _rows, _speaker.FramesPerStep);

    /// <inheritdoc />
    public Tensor Loss(SpeechBatch batch) => _speaker.Loss(batch, _device);

    /// <inheritdoc />
    public long Tokens(SpeechBatch batch) => (long)batch.Rows * batch.Frames;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var (model, mean) = (new SpectralDistortion(_sampleRate), new SpectralDistortion(_sampleRate));
        var held = split == EvaluationSplit.Test ? _test : _validation;
        var gain = new PairedGain();
        long said = 0, expected = 0;
        foreach (var (text, reference) in held)
        {
            using var scope = NewDisposeScope();
            var frames = text.Mel.Length / _features.Spectrogram.Settings.Bands;
            var tokens = ArrayTensor.Of([.. text.Text.Select(token => (long)token)], _device, 1, text.Text.Length);
            var (mel, counts) = _speaker.Speak(tokens, 2 * frames);
            var (cepstral, _) = model.Add(reference, Waveform(mel[0].narrow(0, 0, counts[0]).to(ScalarType.Float32).cpu()));
            (said, expected) = (said + counts[0], expected + frames);
            if (split == EvaluationSplit.Test)
            {
                // The mean training frame is 0 after standardisation.
                gain.Add(mean.Add(reference, Waveform(zeros(frames, _features.Spectrogram.Settings.Bands))).Cepstral - cepstral);
            }
        }

        var found = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [TextMetrics.Mcd.Name] = model.Cepstral,
            [TextMetrics.Msd.Name] = model.Spectral,
        };
        if (split == EvaluationSplit.Test)
        {
            found[TextMetrics.Baseline(TextMetrics.Mcd, "").Name] = mean.Cepstral;
            found[TextMetrics.Baseline(TextMetrics.Msd, "").Name] = mean.Spectral;
            found["testRows"] = held.Count;
            gain.AddTo(found);
            found["spokenFrameShare"] = (double)said / expected;
        }

        return found;
    }

    /// <inheritdoc />
    public void Reseed(long seed) => Dropouts.Reseed(Model, seed);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var (_, reference) in _validation.Concat(_test))
        {
            reference.Dispose();
        }

        _vocoder.Dispose();
        Model.Dispose();
    }

    /// <summary>The vocoder's waveform of standardised log-mel frames <c>[T, bands]</c>; too few frames for a window are extended by silence.</summary>
    private Tensor Waveform(Tensor mel)
    {
        var settings = _features.Spectrogram.Settings;
        var least = (settings.Window / settings.Hop) + 1;
        var magnitudes = _features.Magnitudes(mel);
        if (magnitudes.shape[0] < least)
        {
            magnitudes = cat([magnitudes, zeros(least - magnitudes.shape[0], settings.Bands)], 0);
        }

        return _vocoder.Synthesise(magnitudes, Phases);
    }
}
