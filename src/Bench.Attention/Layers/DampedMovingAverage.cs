using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// Multi-dimensional damped exponential moving average over tokens. Each of E features is spread to n modes, h_t = p·β x_t + (1 − p·a) h_{t−1}
/// with p = σ(δ), a = σ(α), and read as y_t = γ·h_t/√n + ω x_t, followed by SiLU. The bidirectional form adds a second average from the right.
/// </summary>
/// <remarks>Ma et al., "Mega", arXiv:2209.10655, section 3.1; parameters as the authors name them.</remarks>
public sealed class DampedMovingAverage : nn.Module
{
    private readonly int _features;
    private readonly int _modes;
    private readonly bool _bidirectional;
    private readonly Parameter delta;
    private readonly Parameter alpha;
    private readonly Parameter beta;
    private readonly Parameter gamma;
    private readonly Parameter omega;

    /// <summary>δ and α start normal with deviation 0.2, β near ±1 in turn, γ and ω standard normal.</summary>
    /// <param name="features">E.</param>
    /// <param name="modes">n.</param>
    /// <param name="bidirectional">Whether later tokens are averaged too.</param>
    public DampedMovingAverage(int features, int modes, bool bidirectional)
        : base("ema")
    {
        (_features, _modes, _bidirectional) = (features, modes, bidirectional);
        var rows = bidirectional ? 2 * features : features;
        delta = new Parameter(randn(rows, modes, 1) * 0.2);
        alpha = new Parameter(randn(rows, modes, 1) * 0.2);
        var signs = (1 - (2 * arange(modes, ScalarType.Float32).remainder(2))).view(1, modes, 1);
        beta = new Parameter((randn(rows, modes, 1) * 0.02) + signs);
        gamma = new Parameter(randn(rows, modes));
        omega = new Parameter(randn(features));
        RegisterComponents();
    }

    /// <summary>Numbers kept per sequence between tokens.</summary>
    public long StateSize => (long)_features * _modes;

    /// <summary>
    /// Token by token: <c>[B, N, E]</c> to the same, and the modes after the last token <c>[B, E, n]</c>. From a state only without the
    /// bidirectional part, which has none.
    /// </summary>
    public (Tensor Output, Tensor State) Recur(Tensor x, Tensor? state)
    {
        var (past, last) = Scan(x, 0, state);
        var sum = past + (x * omega);
        return ((_bidirectional ? sum + Scan(x.flip(1), 1, null).Output.flip(1) : sum).silu(), last);
    }

    /// <summary>The same as a convolution by Fourier transform.</summary>
    public Tensor Convolve(Tensor x)
    {
        var length = x.shape[1];
        var kernels = Kernels(length);                                                                    // [E or 2E, N]
        // On a circle of 2N places a lag of −j lies at 2N − j.
        var circle = nn.functional.pad(kernels.narrow(0, 0, _features), [0, length]);
        if (_bidirectional)
        {
            var ahead = nn.functional.pad(kernels.narrow(0, _features, _features), [0, length]);
            circle = circle + ahead.flip(-1).roll(1, -1);
        }

        var spectrum = fft.rfft(circle) * fft.rfft(x.transpose(1, 2), 2 * length);
        return (fft.irfft(spectrum, 2 * length).narrow(-1, 0, length).transpose(1, 2) + (x * omega)).silu(); // [B, N, E]
    }

    /// <summary>The modes after the last token of a convolved pass, <c>[B, E, n]</c>: Σ_j q^(N−1−j) p β x_j.</summary>
    public Tensor FinalState(Tensor x)
    {
        var (weights, decays) = Modes(0);
        var powers = (arange(x.shape[1] - 1, -1, -1, decays.dtype, decays.device) * decays.log()).exp();  // [E, n, N]
        return einsum("bte,ent->ben", x, powers) * weights.squeeze(-1);
    }

    /// <summary>γ/√n · Σ over modes of p β q^l for lags l = 0 … N − 1.</summary>
    private Tensor Kernels(long length)
    {
        var weight = delta.sigmoid();                                                                     // [R, n, 1]
        var log = (1 - (weight * alpha.sigmoid())).log();
        var powers = (arange(length, log.dtype, log.device) * log).exp();                                 // [R, n, N]
        return (weight * beta * gamma.unsqueeze(-1) / Math.Sqrt(_modes) * powers).sum(1);
    }

    /// <summary>p·β <c>[E, n, 1]</c> and 1 − p·a <c>[E, n, 1]</c> of one direction.</summary>
    private (Tensor Weights, Tensor Decays) Modes(int direction)
    {
        Tensor Part(Tensor rows) => rows.narrow(0, direction * _features, _features);

        var share = Part(delta).sigmoid();
        return (share * Part(beta), 1 - (share * Part(alpha).sigmoid()));
    }

    private (Tensor Output, Tensor State) Scan(Tensor x, int direction, Tensor? state)
    {
        var (weights, decays) = Modes(direction);
        var read = gamma.narrow(0, direction * _features, _features) / Math.Sqrt(_modes);                 // [E, n]
        var (write, decay) = (weights.squeeze(-1), decays.squeeze(-1));
        var modes = state ?? zeros([x.shape[0], _features, _modes], dtype: x.dtype, device: x.device);
        var outputs = new List<Tensor>();
        for (long t = 0; t < x.shape[1]; t++)
        {
            modes = (modes * decay) + (write * x.select(1, t).unsqueeze(-1));
            outputs.Add((modes * read).sum(-1));
        }

        return (stack(outputs, 1), modes);
    }
}
