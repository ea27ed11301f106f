using Bench.Suites.Cab.Speech;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab.Speech;

public sealed class VocoderTests
{
    private static readonly SpectrogramSettings Small = new() { SampleRate = 8000, Window = 400, Hop = 100, Bands = 40, HighestFrequency = 4000 };

    [Theory]
    [InlineData(MelScale.Htk)]
    [InlineData(MelScale.Slaney)]
    public void A_tone_is_loudest_in_the_band_around_its_frequency(MelScale scale)
    {
        using var scope = NewDisposeScope();
        var spectrogram = new MelSpectrogram(Small with { Scale = scale });
        var mel = spectrogram.Mel(Tone(1500, 4000));
        var filters = spectrogram.Filters(mel);

        Assert.Equal([41, 40], mel.shape);
        // 1500 Hz is bin 75; the loudest band is the one whose filter weighs that bin most.
        Assert.Equal(filters[75].argmax().item<long>(), mel[20].argmax().item<long>());
    }

    [Fact]
    public void Slaney_filters_have_area_one_and_htk_filters_height_one()
    {
        using var scope = NewDisposeScope();
        // Fine bins, so that sums come near to integrals.
        var fine = Small with { Window = 16000, Bands = 20 };
        var slaney = new MelSpectrogram(fine).Filters(zeros(1, dtype: ScalarType.Float64));
        var htk = new MelSpectrogram(fine with { Scale = MelScale.Htk }).Filters(zeros(1, dtype: ScalarType.Float64));

        Assert.All((slaney.sum([0]) * 0.5).data<double>().ToArray(), area => Assert.Equal(1, area, 2));
        Assert.All(htk.max(0).values.data<double>().ToArray(), height => Assert.Equal(1, height, 2));
    }

    [Fact]
    public void Griffin_lim_comes_back_to_the_spectrum_and_closer_with_more_rounds()
    {
        using var scope = NewDisposeScope();
        var spectrogram = new MelSpectrogram(Small with { Bands = 80 });
        var mel = spectrogram.Mel(Tone(440, 6000) + (0.5 * Tone(1320, 6000)));

        var few = Error(spectrogram, mel, rounds: 1);
        var many = Error(spectrogram, mel, rounds: 32);

        Assert.InRange(many, 0, 0.25);
        Assert.True(many < 0.7 * few, $"error {many} after 32 rounds, {few} after one");
    }

    [Fact]
    public void The_vocoder_repeats_itself_with_a_seed()
    {
        using var scope = NewDisposeScope();
        var spectrogram = new MelSpectrogram(Small);
        using var vocoder = new GriffinLim(spectrogram, rounds: 2);
        var mel = spectrogram.Mel(Tone(440, 2000));

        Assert.True(vocoder.Synthesise(mel, 5).equal(vocoder.Synthesise(mel, 5)).all().item<bool>());
        Assert.Equal(2000, vocoder.Synthesise(mel, 5).shape[0]);
    }

    [Fact]
    public void Power_spectra_and_short_waves_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => new GriffinLim(new MelSpectrogram(Small with { Power = 2 })));
        Assert.Contains("window of 400", Assert.Throws<ArgumentException>(() => new MelSpectrogram(Small).Mel(zeros(200))).Message, StringComparison.Ordinal);
    }

    private static double Error(MelSpectrogram spectrogram, Tensor mel, int rounds)
    {
        using var vocoder = new GriffinLim(spectrogram, rounds);
        var back = spectrogram.Mel(vocoder.Synthesise(mel, 1));
        return ((back - mel).norm() / mel.norm()).item<float>();
    }

    private static Tensor Tone(double hertz, int samples) => (arange(samples, dtype: ScalarType.Float32) * (2 * Math.PI * hertz / 8000)).sin();
}
