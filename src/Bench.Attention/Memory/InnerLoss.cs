namespace Bench.Attention.Memory;

/// <summary>
/// The inner objective of test-time training: <c>½ |LayerNorm(z) − target|²</c> with weight γ and bias δ, and its gradient with respect to z.
/// </summary>
/// <remarks>Sun et al., "Learning to (Learn at Test Time)", arXiv:2407.04620, section 2.6.</remarks>
internal static class InnerLoss
{
    /// <summary>ε under the root of the variance.</summary>
    public const double Epsilon = 1e-6;

    /// <summary>γ ⊙ (z − mean)/std + δ along the last axis.</summary>
    public static Tensor Normalise(Tensor z, Tensor gamma, Tensor delta) => (Standard(z).Normal * gamma) + delta;

    /// <summary><c>(D g − Σg − x̂ Σ(g ⊙ x̂)) / (D std)</c> with <c>g = (γ x̂ + δ − target) ⊙ γ</c>.</summary>
    public static Tensor Gradient(Tensor z, Tensor target, Tensor gamma, Tensor delta)
    {
        var (g, normal, deviation, size) = Outer(z, target, gamma, delta);
        return ((g * size) - g.sum(-1, keepdim: true) - (normal * (g * normal).sum(-1, keepdim: true))) / (deviation * size);
    }

    /// <summary>
    /// <c>D g − Σg/(D std) − x̂ Σ(g ⊙ x̂)/(D std)</c>: the precedence slip of flash-linear-attention's reference, where only the last two
    /// terms are divided.
    /// </summary>
    public static Tensor GradientWithFlaQuirk(Tensor z, Tensor target, Tensor gamma, Tensor delta)
    {
        var (g, normal, deviation, size) = Outer(z, target, gamma, delta);
        return (g * size) - ((g.sum(-1, keepdim: true) + (normal * (g * normal).sum(-1, keepdim: true))) / (deviation * size));
    }

    private static (Tensor Gradient, Tensor Normal, Tensor Deviation, double Size) Outer(Tensor z, Tensor target, Tensor gamma, Tensor delta)
    {
        var (normal, deviation) = Standard(z);
        return (((normal * gamma) + delta - target) * gamma, normal, deviation, z.shape[^1]);
    }

    private static (Tensor Normal, Tensor Deviation) Standard(Tensor z)
    {
        var centred = z - z.mean([-1], keepdim: true);
        var deviation = (centred.square().mean([-1], keepdim: true) + Epsilon).sqrt();
        return (centred / deviation, deviation);
    }
}
