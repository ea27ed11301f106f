using Bench.Domain.Randomness;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// Mel magnitudes to a waveform: the filters' pseudo-inverse gives a spectrum's magnitude, and 32 rounds of Griffin–Lim find phases for it.
/// </summary>
/// <remarks>Griffin and Lim, "Signal estimation from modified short-time Fourier transform", 1984; 32 rounds as CAB.</remarks>
public sealed class GriffinLim : IDisposable
{
    private readonly MelSpectrogram _analysis;
    private readonly int _rounds;
    private readonly Tensor _inverse;

    /// <summary>Prepares the inverse of the filters.</summary>
    /// <param name="analysis">The spectrogram to undo; of magnitudes.</param>
    /// <param name="rounds">Rounds of the phase search.</param>
    /// <exception cref="ArgumentException">The spectrogram is one of power.</exception>
    public GriffinLim(MelSpectrogram analysis, int rounds = 32)
    {
        if (analysis.Settings.Power != 1)
        {
            throw new ArgumentException("The vocoder needs magnitudes; use a spectrogram of power 1.", nameof(analysis));
        }

        (_analysis, _rounds) = (analysis, rounds);
        using var scope = NewDisposeScope();
        _inverse = linalg.pinv(analysis.Filters(zeros(1, dtype: ScalarType.Float64))).to(ScalarType.Float32).DetachFromDisposeScope(); // [bands, F]
    }

    /// <summary>A waveform <c>[(T − 1)·hop]</c> whose mel magnitudes are near the given ones.</summary>
    /// <param name="mel">Mel magnitudes <c>[T, bands]</c>, float32, at least as many frames as half a window spans.</param>
    /// <param name="seed">Seed of the first phases.</param>
    public Tensor Synthesise(Tensor mel, long seed)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var magnitude = mel.matmul(_inverse.to(mel.device)).clamp_(min: 0);                  // [T, F]
        var random = new CounterRandom(seed);
        var phases = new float[magnitude.numel()];
        foreach (ref var phase in phases.AsSpan())
        {
            phase = (float)(2 * Math.PI * random.NextDouble());
        }

        var samples = Inverse(polar(magnitude, tensor(phases, device: mel.device).view(magnitude.shape)));
        for (var round = 0; round < _rounds; round++)
        {
            using var inner = NewDisposeScope();
            samples = Inverse(polar(magnitude, _analysis.Spectrum(samples).angle())).MoveToOuterDisposeScope();
        }

        return samples.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose() => _inverse.Dispose();

    /// <summary>The least-squares waveform of a complex spectrum <c>[T, F]</c>.</summary>
    private Tensor Inverse(Tensor spectrum)
    {
        var (frames, size, hop) = (spectrum.shape[0], _analysis.Settings.Window, _analysis.Settings.Hop);
        var window = _analysis.Window(spectrum.real);
        var places = (arange(frames, device: spectrum.device).unsqueeze(1) * hop + arange(size, device: spectrum.device)).view(-1); // [T·W]
        var length = size + (hop * (frames - 1));
        var parts = fft.irfft(spectrum, size) * window;                                      // [T, W]
        var sum = zeros(length, dtype: parts.dtype, device: parts.device).index_add_(0, places, parts.reshape(-1), 1);
        var weight = zeros(length, dtype: parts.dtype, device: parts.device)
            .index_add_(0, places, window.square().expand(frames, size).reshape(-1), 1);
        return (sum / weight.clamp(min: 1e-8)).narrow(0, size / 2, length - size);
    }
}
