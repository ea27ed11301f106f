using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Rotary positions: pairs of channels turned by an angle that grows with the position, so that q·k depends on the distance alone.</summary>
/// <remarks>Su et al., "RoFormer", arXiv:2104.09864, section 3.2; channels d and d + D/2 form a pair, as in most later code.</remarks>
public static class Rotary
{
    /// <summary>Rows turned to positions <paramref name="first"/>, <paramref name="first"/> + 1, …</summary>
    /// <param name="rows"><c>[.., N, D]</c>, D even.</param>
    /// <param name="first">Position of the first row.</param>
    /// <param name="wavelength">Base of the wavelengths.</param>
    /// <exception cref="ArgumentException">D is odd.</exception>
    public static Tensor Apply(Tensor rows, long first = 0, double wavelength = 10_000)
    {
        var size = rows.shape[^1];
        if (size % 2 != 0)
        {
            throw new ArgumentException($"Rotary positions turn pairs of channels; {size} channels are odd.", nameof(rows));
        }

        using var scope = NewDisposeScope();
        var position = arange(first, first + rows.shape[^2], dtype: ScalarType.Float64, device: rows.device).unsqueeze(-1);
        var angles = position * pow(wavelength, arange(0, size, 2, ScalarType.Float64, rows.device) / -size);   // [N, D/2]
        var (cos, sin) = (angles.cos().to(rows.dtype), angles.sin().to(rows.dtype));
        var (a, b) = (rows.narrow(-1, 0, size / 2), rows.narrow(-1, size / 2, size / 2));
        return cat([a * cos - b * sin, a * sin + b * cos], -1).MoveToOuterDisposeScope();
    }
}
