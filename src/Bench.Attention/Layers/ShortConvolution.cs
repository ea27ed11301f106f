using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// Depthwise causal convolution over tokens: <c>y_t = Σ_j w_j x_{t−K+1+j}</c> per channel with zeros left of the sequence; <c>[B, N, C]</c> to the
/// same. Weights are <c>[C, 1, K]</c>.
/// </summary>
public sealed class ShortConvolution : nn.Module<Tensor, Tensor>
{
    private readonly long _channels;
    private readonly long _kernel;
    private readonly Parameter weight;
    private readonly Parameter? bias;

    /// <summary>Weights drawn as torch's convolution draws them.</summary>
    public ShortConvolution(long channels, long kernel, bool hasBias = false)
        : base("conv")
    {
        (_channels, _kernel) = (channels, kernel);
        var bound = 1 / Math.Sqrt(kernel);
        weight = new Parameter((rand(channels, 1, kernel) * 2 - 1) * bound);
        bias = hasBias ? new Parameter((rand(channels) * 2 - 1) * bound) : null;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        var padded = nn.functional.pad(x.transpose(1, 2), [_kernel - 1, 0]);          // [B, C, K − 1 + N]
        return nn.functional.conv1d(padded, weight, bias, groups: _channels).transpose(1, 2);
    }
}
