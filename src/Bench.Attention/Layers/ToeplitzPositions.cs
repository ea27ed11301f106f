using Bench.Attention.Convolution;
using Bench.Attention.Primitives;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// MD-TPE, the multi-dimensional Toeplitz position encoding of LightNet: to every token is added, for each axis of its grid,
/// <c>Σ_{s ≤ t} (Σ_e b_e λ_e^{t−s}) x_s</c> along that axis, per channel. Stands between the embedding and the first layer.
/// </summary>
/// <remarks>Qin et al., "You Only Scan Once", arXiv:2405.21022, section 3.3: the Toeplitz coefficients are sums of exponentials, so a recurrence computes them.</remarks>
public sealed class ToeplitzPositions : nn.Module<Tensor, Tensor>
{
    private readonly int _axes;

    /// <summary>Decays start spread over (0, 1), coefficients at N(0, 1/E).</summary>
    /// <param name="channels">C.</param>
    /// <param name="axes">Axes of the token grid: 1 for text, 2 for images.</param>
    /// <param name="exponentials">E: exponentials in a coefficient.</param>
    public ToeplitzPositions(long channels, int axes, int exponentials)
        : base("positions")
    {
        _axes = axes;
        var spread = (arange(exponentials, dtype: ScalarType.Float32) + 0.5) / exponentials;                 // [E]
        register_parameter("decay", new Parameter((spread / (1 - spread)).log().expand(axes, channels, exponentials).clone()));
        register_parameter("weight", new Parameter(randn(axes, channels, exponentials) / exponentials));
        RegisterComponents();
    }

    /// <summary>By Fourier transform along each axis: <c>[B, n_1, …, n_m, C]</c> to the same.</summary>
    /// <exception cref="ArgumentException">The input has another number of axes.</exception>
    public override Tensor forward(Tensor x) => Over(x, (line, axis) =>
    {
        var length = arange(line.shape[1], dtype: line.dtype, device: line.device);
        var taps = (get_parameter("weight")![axis].unsqueeze(-1) * (LogDecay(axis).unsqueeze(-1) * length).exp()).sum(1); // [C, L]
        return CausalConvolution.Fourier(line, taps);
    });

    /// <summary>The same token by token; its state along an axis is E numbers a channel.</summary>
    public Tensor Recurrent(Tensor x) => Over(x, (line, axis) =>
    {
        var input = line.unsqueeze(-1).expand(-1, -1, -1, get_parameter("weight")!.shape[2]);                // [B', L, C, E]
        var states = ElementwiseScan.Recurrent(LogDecay(axis).expand_as(input), input, null).Output;
        return (states * get_parameter("weight")![axis]).sum(-1);
    });

    /// <summary>log λ, <c>[C, E]</c>.</summary>
    private Tensor LogDecay(int axis) => nn.functional.logsigmoid(get_parameter("decay")![axis]);

    /// <summary>Adds to x what a map of lines gives along each axis.</summary>
    private Tensor Over(Tensor x, Func<Tensor, int, Tensor> along)
    {
        if (x.dim() != _axes + 2)
        {
            throw new ArgumentException($"Positions for {_axes} axes take [B, {string.Join(", ", Enumerable.Range(1, _axes).Select(i => $"n{i}"))}, C], not {x.dim()} axes.");
        }

        using var scope = NewDisposeScope();
        var sum = x;
        for (var axis = 0; axis < _axes; axis++)
        {
            var turned = x.movedim([axis + 1], [-2]);                                     // [B, …, n, C]
            var lines = turned.reshape(-1, turned.shape[^2], turned.shape[^1]);
            sum = sum + along(lines, axis).reshape(turned.shape).movedim([-2], [axis + 1]);
        }

        return sum.MoveToOuterDisposeScope();
    }
}
