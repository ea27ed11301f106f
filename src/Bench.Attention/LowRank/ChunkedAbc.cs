using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// Causal attention with bounded-memory control by chunks of C tokens: within a chunk every weight exp(a_i − lse_n) ≤ 1 is formed
/// explicitly, so no gate can overflow; O(N·r·(D + C)) time.
/// </summary>
/// <remarks>Peng et al., arXiv:2110.02488, equation 5; the chunked evaluation is ours.</remarks>
[Attention("abc/chunked", AttentionPattern.CausalSelf,
    Title = "Attention with bounded-memory control (ABC)", Paper = "arXiv:2110.02488", Time = "O(N·r·(D + C))", Memory = "O(N·r)",
    State = "2·r·H·(D + 1)")]
public sealed class ChunkedAbc(AttentionSettings settings, AbcOptions options) : AccumulatingAbc(settings, options)
{
    private const int Chunk = 16;

    /// <inheritdoc />
    internal override (Tensor Output, Memory Memory) Causal(AttentionInputs inputs, Memory memory) => Chunks(
        inputs.Query / Math.Sqrt(Settings.HeadSize),
        inputs.Key,
        inputs.Value,
        Gates("compress_k", inputs.Key, inputs.KeyMask),
        Gates("compress_v", inputs.Value, inputs.KeyMask),
        memory);

    /// <summary>The pass over scaled queries, keys, values and both gates <c>[B, H, N, r]</c>.</summary>
    internal static (Tensor Output, Memory Memory) Chunks(
        Tensor query, Tensor key, Tensor value, Tensor gatesOfKeys, Tensor gatesOfValues, Memory memory)
    {
        var length = query.shape[2];
        var outputs = new List<Tensor>();
        for (long at = 0; at < length; at += Chunk)
        {
            using var step = NewDisposeScope();
            var count = Math.Min(Chunk, length - at);
            Tensor Part(Tensor rows) => rows.narrow(2, at, count);

            var (q, k, v) = (Part(query), Part(key), Part(value));
            var past = ones([count, count], ScalarType.Bool, q.device).tril().unsqueeze(-1); // [C, C, 1]: i ≤ n
            var keys = new Weights(memory.Keys.Lse, Part(gatesOfKeys), past);
            var values = new Weights(memory.Values.Lse, Part(gatesOfValues), past);

            var products = q.matmul(k.transpose(-2, -1));                                                    // [B, H, C, C]
            var logits = keys.Carried * q.matmul(memory.Keys.Content.transpose(-2, -1))
                + products.unsqueeze(-2).matmul(keys.Inside).squeeze(-2);                                    // [B, H, C, r]
            var read = logits.softmax(-1);
            var shares = values.Inside.matmul(read.unsqueeze(-1)).squeeze(-1);                               // [B, H, C, C]
            outputs.Add(((read * values.Carried).matmul(memory.Values.Content) + shares.matmul(v)).MoveToOuterDisposeScope());

            memory = new Memory(keys.Advance(memory.Keys, k), values.Advance(memory.Values, v));
            step.MoveToOuter(memory.Keys.Lse, memory.Keys.Content, memory.Values.Lse, memory.Values.Content);
        }

        return (cat(outputs, 2), memory); // [B, H, N, Dv]
    }

    /// <summary>How much of the carried memory and of each token of the chunk the slots hold after each of its tokens.</summary>
    private sealed class Weights
    {
        private readonly Tensor _lse;

        public Weights(Tensor carried, Tensor gates, Tensor past)
        {
            _lse = cat([carried, gates], 2).logcumsumexp(2).narrow(2, 1, gates.shape[2]);                    // [B, H, C, r]
            Carried = (carried - _lse).exp();
            Inside = (gates.unsqueeze(2) - _lse.unsqueeze(3)).masked_fill(past.logical_not(), float.NegativeInfinity).exp();
        }

        /// <summary>Of the memory before the chunk: <c>[B, H, C, r]</c>.</summary>
        public Tensor Carried { get; }

        /// <summary>Of token i after token n: <c>[B, H, n, i, r]</c>.</summary>
        public Tensor Inside { get; }

        public Slots Advance(Slots before, Tensor rows)
        {
            var last = _lse.shape[2] - 1;
            var content = Carried.narrow(2, last, 1).transpose(-2, -1) * before.Content
                + Inside.select(2, last).transpose(-2, -1).matmul(rows);                                     // [B, H, r, D]
            return new Slots(_lse.narrow(2, last, 1).clone(), content);
        }
    }
}
