using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// ABC with a memory that accumulates: at step n slot c holds Σ over i ≤ n of exp(a_ic − lse over j ≤ n of a_jc) k_i. Noncausal and cross
/// patterns compress the whole source at once. Decoding keeps the slots only.
/// </summary>
public abstract class AccumulatingAbc(AttentionSettings settings, AbcOptions options) : AbcAttention(settings, options)
{
    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern != AttentionPattern.NoncausalSelf;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        if (Settings.Pattern == AttentionPattern.CausalSelf)
        {
            return Causal(inputs, NewState(inputs)).Output.MoveToOuterDisposeScope();
        }

        var (keys, values) = Compress(inputs);
        return Read(inputs.Query, keys, values).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var state = new TensorState { Position = inputs.Query.shape[2] };
        if (Settings.Pattern.IsCross)
        {
            (state["keys"], state["values"]) = Compress(inputs);
            return (Read(inputs.Query, state["keys"], state["values"]).MoveToOuterDisposeScope(), state);
        }

        var (output, memory) = Causal(inputs, NewState(inputs));
        Keep(memory, state);
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        kept.Position++;
        if (Settings.Pattern.IsCross)
        {
            return Read(token.Query, kept["keys"], kept["values"]).MoveToOuterDisposeScope();
        }

        var memory = new Memory(
            new Slots(kept["keys_lse"], kept["keys"]),
            new Slots(kept["values_lse"], kept["values"]));
        var next = new Memory(
            memory.Keys.Add(Gates("compress_k", token.Key, null), token.Key),
            memory.Values.Add(Gates("compress_v", token.Value, null), token.Value));
        var output = Read(token.Query, next.Keys.Content, next.Values.Content).MoveToOuterDisposeScope(); // [B, H, 1, Dv]
        Keep(next, kept);
        return output;
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => !Decodes ? 0
        : (long)Settings.Heads * Landmarks * (Settings.HeadSize + Settings.ValueSize + (Settings.Pattern.IsCross ? 0 : 2));

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, r = Landmarks, d = shape.HeadSize, e = shape.ValueSize;
        var gates = 2 * m * r * (d + e) + 2 * 5 * m * r;
        var write = 2 * m * r * (d + e);
        var read = 2 * n * r * (d + e) + 5 * n * r;
        return new AttentionCost(
            shape.Rows * (gates + write + read),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * (2 * m * r + n * (r + e)));
    }

    /// <summary>The causal pass from a given memory: output <c>[B, H, N, Dv]</c> and the memory after the last token.</summary>
    internal abstract (Tensor Output, Memory Memory) Causal(AttentionInputs inputs, Memory memory);

    /// <summary>softmax over slots of q K̃ᵀ/√D, times Ṽ.</summary>
    /// <param name="query"><c>[B, H, T, D]</c>.</param>
    /// <param name="keys"><c>[B, H, r, D]</c>.</param>
    /// <param name="values"><c>[B, H, r, Dv]</c>.</param>
    protected Tensor Read(Tensor query, Tensor keys, Tensor values) =>
        (query / Math.Sqrt(Settings.HeadSize)).matmul(keys.transpose(-2, -1)).softmax(-1).matmul(values);

    private (Tensor Keys, Tensor Values) Compress(AttentionInputs inputs) => (
        Gates("compress_k", inputs.Key, inputs.KeyMask).softmax(2).transpose(-2, -1).matmul(inputs.Key),      // [B, H, r, D]
        Gates("compress_v", inputs.Value, inputs.KeyMask).softmax(2).transpose(-2, -1).matmul(inputs.Value)); // [B, H, r, Dv]

    private Memory NewState(AttentionInputs inputs)
    {
        Slots Zero(Tensor rows) => new(
            full([rows.shape[0], rows.shape[1], 1, Landmarks], Empty, dtype: rows.dtype, device: rows.device),
            zeros([rows.shape[0], rows.shape[1], Landmarks, rows.shape[3]], dtype: rows.dtype, device: rows.device));
        return new Memory(Zero(inputs.Key), Zero(inputs.Value));
    }

    private static void Keep(Memory memory, TensorState state)
    {
        (state["keys_lse"], state["keys"]) = (memory.Keys.Lse.detach(), memory.Keys.Content.detach());
        (state["values_lse"], state["values"]) = (memory.Values.Lse.detach(), memory.Values.Content.detach());
    }

    /// <summary>Slots of keys and of values.</summary>
    internal sealed record Memory(Slots Keys, Slots Values);

    /// <summary>r weighted means of the tokens so far.</summary>
    /// <param name="Lse">Log of the sum of gates, <c>[B, H, 1, r]</c>.</param>
    /// <param name="Content">The means, <c>[B, H, r, D]</c>.</param>
    internal sealed record Slots(Tensor Lse, Tensor Content)
    {
        /// <summary>One more token: gates <c>[B, H, 1, r]</c>, row <c>[B, H, 1, D]</c>.</summary>
        public Slots Add(Tensor gates, Tensor row)
        {
            var lse = logaddexp(Lse, gates);
            var old = (Lse - lse).exp().transpose(-2, -1);  // [B, H, r, 1]
            var share = (gates - lse).exp().transpose(-2, -1);
            return new Slots(lse, old * Content + share * row);
        }
    }
}
