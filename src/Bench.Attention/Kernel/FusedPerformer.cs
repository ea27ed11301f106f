using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Causal Performer as a recurrence with its sums in cache: a stabiliser that rises from s to s′ is a decay e^(s − s′) of all heads' features, so
/// that no exponential overflows. O(N·M·D) time, O(N·M) memory for the features. On CPU in float32; otherwise chunk by chunk.
/// </summary>
/// <remarks>Choromanski et al., arXiv:2009.14794, section 2.5; the decay that stands for the running stabiliser is ours.</remarks>
[Attention("performer/fused",
    Extensions = [AttentionPattern.CausalSelf], Title = "Performer (FAVOR+)", Paper = "arXiv:2009.14794",
    Time = "O(N·M·D)", Memory = "O(N·M)", State = "H·(M·(D + 1) + D + 2)")]
public sealed class FusedPerformer(AttentionSettings settings, PerformerOptions options) : PerformerAttention(settings, options)
{
    /// <summary>A decay below e^−80 forgets everything; the exponent that stands for "no key yet" is far below.</summary>
    private const double LeastLogDecay = -80;

    /// <inheritdoc />
    internal override (Tensor Output, Sums Sums) Causal(AttentionInputs inputs, Tensor projection, Sums before)
    {
        var query = Query(inputs.Query, projection);                                                  // [B, H, N, M]
        var (features, stabiliser, real) = Key(inputs, projection);
        var running = maximum(stabiliser.cummax(2).values, before.Stabiliser);                        // [B, H, N, 1]
        var previous = cat([before.Stabiliser, running.narrow(2, 0, running.shape[2] - 1)], 2);
        var values = cat([inputs.Value, ones_like(inputs.Value.narrow(3, 0, 1))], 3);                 // [B, H, N, Dv + 1]
        var result = FusedForm.Instance.Run(new Recurrence(query, features * (stabiliser - running).exp(), values)
        {
            LogDecay = (previous - running).clamp(min: LeastLogDecay),
            State = cat([before.KeyValue, before.Normaliser], 3),
        });
        long size = inputs.Value.shape[3], last = running.shape[2] - 1;
        var all = query.sum(-1, keepdim: true) * Epsilon;                                             // [B, H, N, 1]
        var (sums, counts) = ((inputs.Value * real).cumsum(2) + before.Values, real.cumsum(2) + before.Count);
        var output = Normalise(result.Output.narrow(3, 0, size) + (all * sums), result.Output.narrow(3, size, 1) + (all * counts));
        return (output, new Sums(
            running.narrow(2, last, 1).clone(),
            result.State.narrow(3, 0, size).clone(),
            result.State.narrow(3, size, 1).clone(),
            sums.narrow(2, last, 1).clone(),
            counts.narrow(2, last, 1).clone()));                                                      // [B, H, N, Dv]
    }
}
