using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// The one form of the dynamical-systems framework: <c>h_i = Λ_i ⊙ h_{i−1} + B_i u_i</c>, <c>y_i = C_i h_i + D u_i</c> with a state of n numbers for
/// each of d channels. Linear attention, selective state-space models and gated recurrent networks are choices of Λ, B and C.
/// </summary>
/// <remarks>Sieber et al., "Understanding the Differences in Foundation Models", arXiv:2405.15731, section 3.</remarks>
/// <param name="Input">u: <c>[B, H, N, d]</c>.</param>
/// <param name="Transition">Λ, a diagonal: broadcasts to <c>[B, H, N, n, d]</c>.</param>
/// <param name="Write">B: broadcasts to <c>[B, H, N, n, d]</c>.</param>
/// <param name="Read">C: <c>[B, H, N, n]</c>.</param>
public sealed record DynamicalSystem(Tensor Input, Tensor Transition, Tensor Write, Tensor Read)
{
    /// <summary>D: broadcasts to <c>[B, H, N, d]</c>; null for none.</summary>
    public Tensor? Skip { get; init; }

    /// <summary>Numbers of state per head, n·d: what a comparison of mechanisms should hold equal.</summary>
    public long StateElements => Read.shape[3] * Input.shape[3];

    /// <summary>
    /// Linear attention with any positive normaliser η: <c>Λ_i = η_{i−1}/η_i</c>, <c>B_i = φ(k_i)ᵀ/η_i</c>, <c>C_i = φ(q_i)</c>. With
    /// <c>η_i = φ(q_i)·Σ_{j ≤ i} φ(k_j)</c> it is the normalised, with η = 1 the unnormalised attention.
    /// </summary>
    /// <param name="query">φ(q): <c>[B, H, N, n]</c>.</param>
    /// <param name="key">φ(k): <c>[B, H, N, n]</c>.</param>
    /// <param name="value">v: <c>[B, H, N, d]</c>.</param>
    /// <param name="normaliser">η: <c>[B, H, N]</c>.</param>
    public static DynamicalSystem OfLinearAttention(Tensor query, Tensor key, Tensor value, Tensor normaliser)
    {
        var before = cat([ones_like(normaliser.narrow(2, 0, 1)), normaliser.narrow(2, 0, normaliser.shape[2] - 1)], 2);
        var ratio = (before / normaliser).unsqueeze(-1).unsqueeze(-1);                // [B, H, N, 1, 1]
        return new DynamicalSystem(value, ratio, (key / normaliser.unsqueeze(-1)).unsqueeze(-1), query);
    }

    /// <summary>The normaliser of linear attention, <c>φ(q_i)·Σ_{j ≤ i} φ(k_j)</c>: <c>[B, H, N]</c>.</summary>
    public static Tensor Normaliser(Tensor query, Tensor key) => (query * key.cumsum(2)).sum(-1);

    /// <summary>A selective state-space model: <c>Λ_i = e^{Δ_i A}</c>, <c>B_i = Δ_i b_iᵀ</c>, <c>C_i = c_i</c>.</summary>
    /// <param name="input">u: <c>[B, H, N, d]</c>.</param>
    /// <param name="delta">Δ: <c>[B, H, N, d]</c>, last axis 1 where the channels share it.</param>
    /// <param name="a">A: broadcasts to <c>[n, d]</c>.</param>
    /// <param name="write">b: <c>[B, H, N, n]</c>.</param>
    /// <param name="read">c: <c>[B, H, N, n]</c>.</param>
    public static DynamicalSystem OfSelectiveStateSpace(Tensor input, Tensor delta, Tensor a, Tensor write, Tensor read)
    {
        var step = delta.unsqueeze(-2);                                               // [B, H, N, 1, d]
        return new DynamicalSystem(input, (step * a).exp(), step * write.unsqueeze(-1), read);
    }

    /// <summary>A gated recurrent network with one number a channel: <c>Λ_i = f_i</c>, <c>B_i = 1 − f_i</c>, <c>C_i = 1</c>.</summary>
    /// <param name="input">u: <c>[B, H, N, d]</c>.</param>
    /// <param name="forget">f in (0, 1): <c>[B, H, N, d]</c>.</param>
    public static DynamicalSystem OfGatedNetwork(Tensor input, Tensor forget) =>
        new(input, forget.unsqueeze(-2), (1 - forget).unsqueeze(-2), ones_like(input.narrow(3, 0, 1)));

    /// <summary>Outputs y <c>[B, H, N, d]</c> and the state after the last token, <c>[B, H, n, d]</c>, token by token.</summary>
    public (Tensor Output, Tensor State) Run()
    {
        var state = zeros([Input.shape[0], Input.shape[1], Read.shape[3], Input.shape[3]], dtype: Input.dtype, device: Input.device);
        var outputs = new List<Tensor>();
        for (long i = 0; i < Input.shape[2]; i++)
        {
            state = (At(Transition, i) * state) + (At(Write, i) * Input.narrow(2, i, 1)); // [B, H, n, d]
            outputs.Add(Read.narrow(2, i, 1).matmul(state));
        }

        var output = cat(outputs, 2);
        return (Skip is null ? output : output + (Skip * Input), state);
    }

    private static Tensor At(Tensor tensor, long token) => tensor.select(2, tensor.shape[2] == 1 ? 0 : token);
}
