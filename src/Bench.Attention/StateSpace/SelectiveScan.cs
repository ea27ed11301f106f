using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.StateSpace;

/// <summary>
/// Mamba's selective scan, n states per channel: <c>x_t = e^{dt_t A} x_{t−1} + dt_t B_t u_t</c>, <c>y_t = C_t·x_t + D u_t</c>, then <c>y ⊙ silu(z)</c>.
/// </summary>
/// <remarks>Gu and Dao, "Mamba", arXiv:2312.00752, section 3: zero-order hold for A, Euler for B.</remarks>
public sealed record SelectiveScan(Tensor Input, Tensor Delta, Tensor A, Tensor B, Tensor C)
{
    // Input u and Delta are [B, L, channels]; A is [channels, n]; B and C are [B, L, groups, n].

    /// <summary>D, <c>[channels]</c>; null for none.</summary>
    public Tensor? Skip { get; init; }

    /// <summary>z, <c>[B, L, channels]</c>; null for none.</summary>
    public Tensor? Gate { get; init; }

    /// <summary>x before the first token, <c>[B, channels, n]</c>.</summary>
    public Tensor? State { get; init; }

    /// <summary>Outputs <c>[B, L, channels]</c> and the last state <c>[B, channels, n]</c>.</summary>
    /// <param name="chunk">Tokens whose states are held at once; null goes token by token.</param>
    public (Tensor Output, Tensor State) Run(long? chunk)
    {
        var outputs = new List<Tensor>();
        var state = State;
        var step = chunk ?? 1;
        for (long start = 0; start < Input.shape[1]; start += step)
        {
            var count = Math.Min(step, Input.shape[1] - start);
            Tensor Part(Tensor x) => x.narrow(1, start, count);
            var delta = Part(Delta).unsqueeze(-1);                                    // [B, L, channels, 1]
            var write = delta * PerChannel(Part(B)) * Part(Input).unsqueeze(-1);      // [B, L, channels, n]
            (var states, state) = chunk is null
                ? ElementwiseScan.Recurrent(delta * A, write, state)
                : ElementwiseScan.Chunked(delta * A, write, state, count);
            outputs.Add((states * PerChannel(Part(C))).sum(-1));                      // [B, L, channels]
        }

        var output = cat(outputs, 1);
        output = Skip is null ? output : output + (Skip * Input);
        return (Gate is null ? output : output * nn.functional.silu(Gate), state!);
    }

    /// <summary>Group g serves the g-th contiguous block of channels: <c>[B, L, groups, n]</c> to <c>[B, L, channels, n]</c>.</summary>
    private Tensor PerChannel(Tensor groups) => groups.repeat_interleave(A.shape[0] / groups.shape[2], 2);
}
