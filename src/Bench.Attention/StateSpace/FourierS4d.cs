using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.StateSpace;

/// <summary>
/// S4D as a long convolution by Fourier transform: O(E·N·(S + log N)) time for S numbers of state per feature, O(E·N·S) memory for the kernel.
/// </summary>
/// <remarks>Gu et al., "On the Parameterization and Initialization of Diagonal State Space Models", arXiv:2206.11893, section 3.</remarks>
[Attention("s4d/fft", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf,
    Title = "S4D (diagonal state space)", Paper = "arXiv:2206.11893", Time = "O(E·N·(S + log N))", Memory = "O(E·N·S)", State = "E·S", Reference = true)]
public sealed class FourierS4d(AttentionSettings settings, S4dOptions options) : S4dLayer(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Convolve(Tensor u)
    {
        var length = u.shape[2];
        var kernels = Kernels(length);
        var past = nn.functional.pad(kernels.narrow(0, 0, Channels), [0, length]);                          // [C, E, 2N]
        // On a circle of 2N places the tap for lag −1 − j lies at 2N − 1 − j.
        var circle = Settings.Pattern.IsCausal
            ? past
            : past + nn.functional.pad(kernels.narrow(0, Channels, Channels).flip(-1), [length, 0]);
        var spectrum = fft.rfft(circle) * fft.rfft(u, 2 * length).unsqueeze(1);
        return fft.irfft(spectrum, 2 * length).narrow(-1, 0, length);                                       // [B, C, E, N]
    }
}
