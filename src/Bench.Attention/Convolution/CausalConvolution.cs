using static TorchSharp.torch;

namespace Bench.Attention.Convolution;

/// <summary>Depthwise causal convolutions of any length: <c>y_t = Σ_ℓ h_ℓ x_{t−ℓ}</c> per channel, zeros before the first token.</summary>
public static class CausalConvolution
{
    /// <summary>Tap by tap: O(N·L·C).</summary>
    /// <param name="x"><c>[B, N, C]</c>.</param>
    /// <param name="filter">h, <c>[C, L]</c>, the tap of the token itself first.</param>
    public static Tensor Direct(Tensor x, Tensor filter)
    {
        var taps = filter.flip(1).unsqueeze(1);                                       // [C, 1, L]
        var padded = nn.functional.pad(x.transpose(1, 2), [filter.shape[1] - 1, 0]);  // [B, C, L − 1 + N]
        return nn.functional.conv1d(padded, taps, groups: filter.shape[0]).transpose(1, 2);
    }

    /// <summary>By Fourier transform: O(N·log N·C), L at most N counts.</summary>
    public static Tensor Fourier(Tensor x, Tensor filter)
    {
        var length = x.shape[1];
        var taps = filter.narrow(1, 0, Math.Min(length, filter.shape[1]));
        var spectrum = fft.rfft(x.transpose(1, 2), 2 * length) * fft.rfft(taps, 2 * length); // [B, C, N + 1]
        return fft.irfft(spectrum, 2 * length).narrow(2, 0, length).transpose(1, 2);
    }

    /// <summary>The newest output alone, from all inputs so far.</summary>
    /// <param name="history">Inputs, the newest last, <c>[B, T, C]</c>.</param>
    /// <param name="filter">h, <c>[C, L]</c>.</param>
    public static Tensor Newest(Tensor history, Tensor filter)
    {
        var seen = Math.Min(history.shape[1], filter.shape[1]);
        var taps = filter.narrow(1, 0, seen).flip(1).transpose(0, 1);                 // [T, C]
        return (history.narrow(1, history.shape[1] - seen, seen) * taps).sum(1, keepdim: true);
    }

    /// <summary>What a filter of K taps still reads after the newest token, as a copy without gradient: <c>[B, K − 1, C]</c>.</summary>
    /// <param name="history">Inputs, the newest last, at least K − 1 tokens, <c>[B, T, C]</c>.</param>
    /// <param name="kernel">K.</param>
    internal static Tensor Tail(Tensor history, int kernel) =>
        history.narrow(1, history.shape[1] - (kernel - 1), kernel - 1).detach().clone();
}
