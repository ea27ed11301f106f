using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// Attention with bounded-memory control, causal self as its recurrence token by token: O(N·r·D) time, O(r·D) memory beside the output.
/// </summary>
/// <remarks>Peng et al., "ABC: Attention with Bounded-memory Control", arXiv:2110.02488, section 3.1 and equation 5.</remarks>
[Attention("abc/recurrent", AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Title = "Attention with bounded-memory control (ABC)", Paper = "arXiv:2110.02488", Time = "O(N·r·D)", Memory = "O(N·r)",
    State = "2·r·H·(D + 1)", Reference = true)]
public sealed class RecurrentAbc(AttentionSettings settings, AbcOptions options) : AccumulatingAbc(settings, options)
{
    /// <inheritdoc />
    internal override (Tensor Output, Memory Memory) Causal(AttentionInputs inputs, Memory memory)
    {
        var gatesOfKeys = Gates("compress_k", inputs.Key, inputs.KeyMask);       // [B, H, N, r]
        var gatesOfValues = Gates("compress_v", inputs.Value, inputs.KeyMask);   // [B, H, N, r]
        var outputs = new List<Tensor>();
        for (long i = 0; i < inputs.Query.shape[2]; i++)
        {
            using var step = NewDisposeScope();
            var (keys, values) = (
                memory.Keys.Add(gatesOfKeys.narrow(2, i, 1), inputs.Key.narrow(2, i, 1)),
                memory.Values.Add(gatesOfValues.narrow(2, i, 1), inputs.Value.narrow(2, i, 1)));
            outputs.Add(Read(inputs.Query.narrow(2, i, 1), keys.Content, values.Content).MoveToOuterDisposeScope());
            step.MoveToOuter(keys.Lse, keys.Content, values.Lse, values.Content);
            memory = new Memory(keys, values);
        }

        return (cat(outputs, 2), memory); // [B, H, N, Dv]
    }
}
