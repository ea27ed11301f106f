using Bench.Suites.Cab.Speech;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Metrics;

/// <summary>
/// How far synthesised speech is from the reference: mel-cepstral distortion (13 coefficients) and mel-spectral distortion (80 log-mel bands), both after
/// dynamic time warping. Σ of distortions over utterances / Σ of synthesised frames; lower is better, no unit.
/// </summary>
/// <remarks>
/// fairseq's <c>batch_mel_cepstral_distortion</c> and <c>batch_mel_spectral_distortion</c>: power spectrum of ⌊0.05·rate⌋ samples under a Hann window every
/// ⌊0.0125·rate⌋, 80 mel bands from 20 Hz to half the rate, log(mel + 1e−6), for MCD an orthonormal DCT; a frame distance is the root of the mean squared
/// difference. CAB passes both waveforms through the same vocoder first, so that the vocoder's own loss does not count.
/// </remarks>
public sealed class SpectralDistortion
{
    private const int Coefficients = 13;
    private const int Bands = 80;
    private const double Offset = 1e-6;

    private readonly MelSpectrogram _mel;
    private double _cepstral;
    private double _spectral;
    private long _frames;

    /// <summary>Starts with no utterance.</summary>
    /// <param name="sampleRate">Samples per second of all waveforms.</param>
    public SpectralDistortion(int sampleRate) => _mel = new MelSpectrogram(new SpectrogramSettings
    {
        SampleRate = sampleRate,
        Window = (int)(0.05 * sampleRate),
        Hop = (int)(0.0125 * sampleRate),
        Bands = Bands,
        LowestFrequency = 20,
        HighestFrequency = sampleRate / 2.0,
        Scale = MelScale.Htk,
        Power = 2,
    });

    /// <summary>Mel-cepstral distortion of the utterances so far.</summary>
    public double Cepstral => _cepstral / _frames;

    /// <summary>Mel-spectral distortion of the utterances so far.</summary>
    public double Spectral => _spectral / _frames;

    /// <summary>Adds an utterance.</summary>
    /// <param name="reference">Samples of the reference <c>[S]</c>.</param>
    /// <param name="synthesised">Samples of the model's speech <c>[S']</c>.</param>
    /// <returns>Distortion per synthesised frame of this utterance: cepstral and spectral.</returns>
    public (double Cepstral, double Spectral) Add(Tensor reference, Tensor synthesised)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (one, other) = (Bands80(reference), Bands80(synthesised));                       // [T, 80], [T', 80]
        var spectral = DynamicTimeWarping.Align(Distances(one, other)).Cost;
        var transform = Cosines(one);                                                        // [80, 13]
        var cepstral = DynamicTimeWarping.Align(Distances(one.matmul(transform), other.matmul(transform))).Cost;
        var frames = other.shape[0];
        _cepstral += cepstral;
        _spectral += spectral;
        _frames += frames;
        return (cepstral / frames, spectral / frames);
    }

    private Tensor Bands80(Tensor samples) => (_mel.Mel(samples.to(ScalarType.Float64)) + Offset).log();

    /// <summary>The first columns of the orthonormal DCT-II.</summary>
    private static Tensor Cosines(Tensor like)
    {
        var band = arange(Bands, dtype: like.dtype, device: like.device).unsqueeze(1);
        var order = arange(Coefficients, dtype: like.dtype, device: like.device).unsqueeze(0);
        var cosines = (Math.PI / Bands * (band + 0.5) * order).cos() * Math.Sqrt(2.0 / Bands);
        cosines[.., 0] *= Math.Sqrt(0.5);
        return cosines;
    }

    /// <summary>Root of the mean squared difference of all pairs of frames.</summary>
    private static double[,] Distances(Tensor one, Tensor other)
    {
        var (rows, columns) = ((int)one.shape[0], (int)other.shape[0]);
        var squares = one.square().sum(-1, keepdim: true) + other.square().sum(-1).unsqueeze(0) - (2 * one.matmul(other.t()));
        var flat = (squares.clamp(min: 0) / one.shape[1]).sqrt().cpu().contiguous().data<double>().ToArray();
        var distances = new double[rows, columns];
        Buffer.BlockCopy(flat, 0, distances, 0, flat.Length * sizeof(double));
        return distances;
    }
}
