using Bench.Attention.Primitives;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Matrix;

namespace Bench.Attention.LowRank;

/// <summary>
/// Causal attention with bounded-memory control in one pass with both memories in cache: O(N·r·D) time, no memory but gates and output. Backward
/// runs the chunked form once more. On CPU in float32; otherwise chunk by chunk.
/// </summary>
/// <remarks>Peng et al., arXiv:2110.02488, equation 5; the kernel is ours.</remarks>
[Attention("abc/fused", AttentionPattern.CausalSelf,
    Title = "Attention with bounded-memory control (ABC)", Paper = "arXiv:2110.02488", Time = "O(N·r·D)", Memory = "O(N·r)",
    State = "2·r·H·(D + 1)")]
public sealed class FusedAbc(AttentionSettings settings, AbcOptions options) : AccumulatingAbc(settings, options)
{
    /// <inheritdoc />
    internal override (Tensor Output, Memory Memory) Causal(AttentionInputs inputs, Memory memory)
    {
        var (query, gatesOfKeys, gatesOfValues) = (
            inputs.Query / Math.Sqrt(Settings.HeadSize),
            Gates("compress_k", inputs.Key, inputs.KeyMask),
            Gates("compress_v", inputs.Value, inputs.KeyMask));
        if (!FusedStrips.Fits(query, inputs.Key, inputs.Value))
        {
            return ChunkedAbc.Chunks(query, inputs.Key, inputs.Value, gatesOfKeys, gatesOfValues, memory);
        }

        var results = RecomputedForward.Run(
            tensors => FusedSlots.Run(tensors, (float)Empty),
            tensors =>
            {
                var (output, after) = ChunkedAbc.Chunks(
                    tensors[0], tensors[1], tensors[2], tensors[3], tensors[4], new Memory(new Slots(tensors[5], tensors[6]), new Slots(tensors[7], tensors[8])));
                return [output, after.Keys.Lse, after.Keys.Content, after.Values.Lse, after.Values.Content];
            },
            query, inputs.Key, inputs.Value, gatesOfKeys, gatesOfValues, memory.Keys.Lse, memory.Keys.Content, memory.Values.Lse, memory.Values.Content);
        return (results[0], new Memory(new Slots(results[1], results[2]), new Slots(results[3], results[4])));
    }
}
