using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Performer with M random features, causal self as its recurrence token by token: O(N·M·D) time, O(N·M) memory.
/// </summary>
/// <remarks>
/// Choromanski et al., "Rethinking Attention with Performers", arXiv:2009.14794, sections 2.2 to 2.4; CAB's features and floor. Causal self is
/// an extension of CAB, whose own causal routine cannot be reached.
/// </remarks>
[Attention("performer/recurrent", AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross,
    Extensions = [AttentionPattern.CausalSelf], Title = "Performer (FAVOR+)", Paper = "arXiv:2009.14794",
    Time = "O(N·M·D)", Memory = "O(N·M)", State = "H·(M·(D + 1) + D + 2)", Reference = true)]
public sealed class RecurrentPerformer(AttentionSettings settings, PerformerOptions options) : PerformerAttention(settings, options)
{
    /// <inheritdoc />
    internal override (Tensor Output, Sums Sums) Causal(AttentionInputs inputs, Tensor projection, Sums before)
    {
        var query = Query(inputs.Query, projection);
        var (features, stabiliser, real) = Key(inputs, projection);
        var outputs = new List<Tensor>();
        var sums = before;
        for (long i = 0; i < inputs.Query.shape[2]; i++)
        {
            using var step = NewDisposeScope();
            var (f, q) = (features.narrow(2, i, 1).transpose(-2, -1), query.narrow(2, i, 1));     // [B, H, F, 1], [B, H, 1, F]
            var (v, own, counts) = (inputs.Value.narrow(2, i, 1), stabiliser.narrow(2, i, 1), real.narrow(2, i, 1));
            var largest = maximum(sums.Stabiliser, own);
            var (old, share) = ((sums.Stabiliser - largest).exp(), (own - largest).exp());
            sums = new Sums(
                largest,
                sums.KeyValue * old + f * share * v,
                sums.Normaliser * old + f * share,
                sums.Values + v * counts,
                sums.Count + counts);
            var all = q.sum(-1, keepdim: true) * Epsilon;                                         // [B, H, 1, 1]
            outputs.Add(Normalise(q.matmul(sums.KeyValue) + all * sums.Values, q.matmul(sums.Normaliser) + all * sums.Count)
                .MoveToOuterDisposeScope());
            step.MoveToOuter(sums.Stabiliser, sums.KeyValue, sums.Normaliser, sums.Values, sums.Count);
        }

        return (cat(outputs, 2), sums); // [B, H, N, Dv]
    }
}
