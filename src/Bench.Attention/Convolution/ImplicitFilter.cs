using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Convolution;

/// <summary>
/// A long filter that is a function of time: sines of a few frequencies through a small network with sine activations, under an exponential window
/// that differs from channel to channel.
/// </summary>
/// <remarks>Poli et al., "Hyena Hierarchy", arXiv:2302.10866, section 3.3. Windows decay to 1e−2 after 0.3 to 1.5 of the longest sequence.</remarks>
internal sealed class ImplicitFilter : nn.Module
{
    private const double Target = 1e-2;
    private const double FastDecay = 0.3;
    private const double SlowDecay = 1.5;

    private readonly Linear first;
    private readonly Linear second;
    private readonly Linear last;
    private readonly int _bands;
    private readonly long _longest;
    private readonly long _channels;

    public ImplicitFilter(long channels, int bands, int width, long longest)
        : base("filter")
    {
        (_channels, _bands, _longest) = (channels, bands, longest);
        first = nn.Linear(1 + (2 * bands), width);
        second = nn.Linear(width, width);
        last = nn.Linear(width, channels, hasBias: false);
        register_parameter("freq", new Parameter(ones(1, width)));
        RegisterComponents();
    }

    /// <summary>The first taps, <c>[C, L]</c>.</summary>
    public Tensor Taps(long length)
    {
        var dtype = last.weight!.dtype;
        var time = (arange(length, dtype: ScalarType.Float64) / Math.Max(1, _longest - 1)).unsqueeze(1);  // [L, 1]
        var frequency = linspace(1e-4, Math.Max(1e-4, _bands - 1), _bands, dtype: ScalarType.Float64);    // [bands]
        var angle = time * frequency * (2 * Math.PI);
        var features = cat([time, angle.cos(), -angle.sin()], 1).to(dtype).to(last.weight!.device);
        var pace = get_parameter("freq")!;
        var hidden = (second.forward((first.forward(features) * pace).sin()) * pace).sin();              // [L, width]
        var rates = linspace(-Math.Log(Target) / SlowDecay, -Math.Log(Target) / FastDecay, _channels, dtype: ScalarType.Float64);
        return (last.forward(hidden) * (-time * rates).exp().to(dtype).to(hidden.device)).transpose(0, 1);
    }
}
