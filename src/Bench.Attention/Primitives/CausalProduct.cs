using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Causal linear attention without normalisation: o_i = q_i · (S_0 + Σ over j ≤ i of k_jᵀ v_j).</summary>
public static class CausalProduct
{
    private const int Chunk = 64;

    /// <summary>Chunks of 64 tokens as matrix products: O(N·(F·E + 64·(F + E))) time, one state at a time.</summary>
    /// <param name="query"><c>[B, H, N, F]</c>.</param>
    /// <param name="key"><c>[B, H, N, F]</c>.</param>
    /// <param name="value"><c>[B, H, N, E]</c>.</param>
    /// <param name="before">S_0, <c>[B, H, F, E]</c>, or null.</param>
    /// <returns>The output <c>[B, H, N, E]</c> and the sum after the last token <c>[B, H, F, E]</c>.</returns>
    public static (Tensor Output, Tensor State) Of(Tensor query, Tensor key, Tensor value, Tensor? before)
    {
        using var scope = NewDisposeScope();
        var (length, state) = (query.shape[2], before);
        var outputs = new List<Tensor>();
        for (long at = 0; at < length; at += Chunk)
        {
            var count = Math.Min(Chunk, length - at);
            var (q, k, v) = (query.narrow(2, at, count), key.narrow(2, at, count), value.narrow(2, at, count));
            var inside = q.matmul(k.transpose(-2, -1)).tril().matmul(v);
            outputs.Add(state is null ? inside : inside + q.matmul(state));
            var added = k.transpose(-2, -1).matmul(v);
            state = state is null ? added : state + added;
        }

        return (cat(outputs, 2).MoveToOuterDisposeScope(), state!.MoveToOuterDisposeScope());
    }
}
