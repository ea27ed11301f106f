using Bench.Suites.Cab.Metrics;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab.Metrics;

/// <summary>Against a second computation by plain loops: a discrete Fourier sum, filters by their definition, a cosine sum.</summary>
public sealed class SpectralDistortionTests
{
    private const int Rate = 8000;
    private const int Window = 400;
    private const int Hop = 100;
    private const int Bands = 80;

    [Fact]
    public void Distortions_equal_those_of_plain_loops()
    {
        using var scope = NewDisposeScope();
        var (reference, spoken) = (Wave(330, 200), Wave(410, 250));
        var distortion = new SpectralDistortion(Rate);

        distortion.Add(tensor(reference), tensor(spoken));

        var (one, other) = (LogMel(reference), LogMel(spoken));
        Assert.Equal(5, other.Length);
        Assert.Equal(Cost(one, other) / 5, distortion.Spectral, 4);
        Assert.Equal(Cost([.. one.Select(Cepstrum)], [.. other.Select(Cepstrum)]) / 5, distortion.Cepstral, 3);
    }

    [Fact]
    public void Equal_waveforms_have_none_and_utterances_are_weighted_by_their_frames()
    {
        using var scope = NewDisposeScope();
        var (one, other) = (tensor(Wave(300, 200)), tensor(Wave(900, 500)));
        var both = new SpectralDistortion(Rate);

        Assert.Equal(0, both.Add(one, one).Spectral, 6);
        var second = both.Add(one, other);

        // 4 frames of the first, 10 of the second.
        Assert.Equal(second.Spectral * 10 / 14, both.Spectral, 6);
        Assert.Equal(second.Cepstral * 10 / 14, both.Cepstral, 6);
    }

    private static float[] Wave(int samples, double hertz) => [.. Enumerable.Range(0, samples)
        .Select(i => (float)(Math.Sin(2 * Math.PI * hertz * i / Rate) + (0.3 * Math.Sin((2 * Math.PI * 3.1 * hertz * i / Rate) + 1))))];

    private static double[][] LogMel(float[] samples)
    {
        static double Mel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));
        double[] edges = [.. Enumerable.Range(0, Bands + 2).Select(i => Mel(20) + (i * (Mel(Rate / 2) - Mel(20)) / (Bands + 1)))
            .Select(mel => 700 * (Math.Pow(10, mel / 2595) - 1))];
        return [.. Enumerable.Range(0, 1 + (samples.Length / Hop)).Select(frame =>
        {
            var power = Enumerable.Range(0, (Window / 2) + 1).Select(bin => Power(samples, frame * Hop, bin)).ToArray();
            return Enumerable.Range(0, Bands).Select(band => Math.Log(1e-6 + power.Select((value, bin) =>
            {
                var hertz = (double)bin * Rate / Window;
                return value * Math.Max(0, hertz < edges[band + 1]
                    ? (hertz - edges[band]) / (edges[band + 1] - edges[band])
                    : (edges[band + 2] - hertz) / (edges[band + 2] - edges[band + 1]));
            }).Sum())).ToArray();
        })];
    }

    private static double Power(float[] samples, int centre, int bin)
    {
        double real = 0, imaginary = 0;
        for (var i = 0; i < Window; i++)
        {
            var at = centre - (Window / 2) + i;
            at = at < 0 ? -at : at >= samples.Length ? (2 * (samples.Length - 1)) - at : at;
            var value = samples[at] * (0.5 - (0.5 * Math.Cos(2 * Math.PI * i / Window)));
            real += value * Math.Cos(2 * Math.PI * bin * i / Window);
            imaginary -= value * Math.Sin(2 * Math.PI * bin * i / Window);
        }

        return (real * real) + (imaginary * imaginary);
    }

    private static double[] Cepstrum(double[] bands) => [.. Enumerable.Range(0, 13).Select(order =>
        bands.Select((value, band) => value * Math.Cos(Math.PI * (band + 0.5) * order / Bands)).Sum() * Math.Sqrt((order == 0 ? 1.0 : 2.0) / Bands))];

    private static double Cost(double[][] one, double[][] other)
    {
        var distance = new double[one.Length, other.Length];
        for (var i = 0; i < one.Length; i++)
        {
            for (var j = 0; j < other.Length; j++)
            {
                distance[i, j] = Math.Sqrt(one[i].Zip(other[j], (a, b) => (a - b) * (a - b)).Average());
            }
        }

        return DynamicTimeWarping.Align(distance).Cost;
    }
}
