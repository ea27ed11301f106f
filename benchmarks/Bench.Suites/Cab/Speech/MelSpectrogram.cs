using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>Waveforms to spectra and mel bands. Frames are centred: the signal is extended by reflection by half a window at both ends.</summary>
/// <param name="settings">Its numbers.</param>
public sealed class MelSpectrogram(SpectrogramSettings settings)
{
    /// <summary>Its numbers.</summary>
    public SpectrogramSettings Settings => settings;

    /// <summary>Complex spectrum <c>[T, F]</c> with F = window / 2 + 1 and T = 1 + ⌊samples / hop⌋.</summary>
    /// <param name="samples">Waveform <c>[S]</c>, more than half a window long.</param>
    /// <exception cref="ArgumentException">The waveform is shorter.</exception>
    public Tensor Spectrum(Tensor samples)
    {
        var half = settings.Window / 2;
        if (samples.shape[0] <= half)
        {
            throw new ArgumentException($"The waveform has {samples.shape[0]} samples; a window of {settings.Window} needs more than {half}.", nameof(samples));
        }

        using var scope = NewDisposeScope();
        var padded = nn.functional.pad(samples.view(1, 1, -1), [half, half], PaddingModes.Reflect).view(-1);
        var frames = padded.unfold(0, settings.Window, settings.Hop) * Window(samples);      // [T, W]
        return fft.rfft(frames).MoveToOuterDisposeScope();                                   // [T, F]
    }

    /// <summary>Mel bands <c>[T, bands]</c> of the magnitude or power.</summary>
    /// <param name="samples">Waveform <c>[S]</c>.</param>
    public Tensor Mel(Tensor samples)
    {
        using var scope = NewDisposeScope();
        var magnitude = Spectrum(samples).abs();
        return (settings.Power == 2 ? magnitude.square() : magnitude).matmul(Filters(samples)).MoveToOuterDisposeScope();
    }

    /// <summary>The triangular filters <c>[F, bands]</c>, of a tensor's type and device.</summary>
    public Tensor Filters(Tensor like)
    {
        using var scope = NewDisposeScope();
        var (bins, bands) = ((settings.Window / 2) + 1, settings.Bands);
        var (low, high) = (ToMel(settings.LowestFrequency), ToMel(settings.HighestFrequency));
        var edges = Enumerable.Range(0, bands + 2).Select(i => ToHertz(low + ((high - low) * i / (bands + 1)))).ToArray();
        var filters = new double[bins * bands];
        for (var band = 0; band < bands; band++)
        {
            var (left, middle, right) = (edges[band], edges[band + 1], edges[band + 2]);
            var height = settings.Scale == MelScale.Slaney ? 2 / (right - left) : 1;
            for (var bin = 0; bin < bins; bin++)
            {
                var frequency = (double)bin * settings.SampleRate / settings.Window;
                var triangle = Math.Min((frequency - left) / (middle - left), (right - frequency) / (right - middle));
                filters[(bin * bands) + band] = height * Math.Max(0, triangle);
            }
        }

        return tensor(filters, dtype: like.dtype, device: like.device).view(bins, bands).MoveToOuterDisposeScope();
    }

    /// <summary>The periodic Hann window <c>[W]</c>.</summary>
    public Tensor Window(Tensor like) => hann_window(settings.Window, dtype: like.dtype, device: like.device);

    private double ToMel(double hertz) => settings.Scale switch
    {
        MelScale.Htk => 2595 * Math.Log10(1 + (hertz / 700)),
        _ => hertz < 1000 ? hertz * 3 / 200 : 15 + (27 * Math.Log(hertz / 1000) / Math.Log(6.4)),
    };

    private double ToHertz(double mel) => settings.Scale switch
    {
        MelScale.Htk => 700 * (Math.Pow(10, mel / 2595) - 1),
        _ => mel < 15 ? mel * 200 / 3 : 1000 * Math.Exp((mel - 15) * Math.Log(6.4) / 27),
    };
}
