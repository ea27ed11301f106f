using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>
/// Causal Performer by chunks of C tokens as matrix products: O(N·(M·D + C·(M + D))) time, no tensor of N·M·D numbers. Every exponential is
/// taken relative to a stabiliser that is at least its own exponent, so none overflows.
/// </summary>
/// <remarks>Choromanski et al., arXiv:2009.14794, section 2.5; the chunked evaluation with a running stabiliser is ours.</remarks>
[Attention("performer/chunked",
    Extensions = [AttentionPattern.CausalSelf], Title = "Performer (FAVOR+)", Paper = "arXiv:2009.14794",
    Time = "O(N·(M·D + C·(M + D)))", Memory = "O(N·M)", State = "H·(M·(D + 1) + D + 2)")]
public sealed class ChunkedPerformer(AttentionSettings settings, PerformerOptions options) : PerformerAttention(settings, options)
{
    private const int Chunk = 64;

    /// <inheritdoc />
    internal override (Tensor Output, Sums Sums) Causal(AttentionInputs inputs, Tensor projection, Sums before)
    {
        var length = inputs.Query.shape[2];
        var query = Query(inputs.Query, projection);
        var (features, stabiliser, real) = Key(inputs, projection);
        var outputs = new List<Tensor>();
        var sums = before;
        for (long at = 0; at < length; at += Chunk)
        {
            using var step = NewDisposeScope();
            var count = Math.Min(Chunk, length - at);
            Tensor Part(Tensor rows) => rows.narrow(2, at, count);

            var (q, f, v, own, counts) = (Part(query), Part(features), Part(inputs.Value), Part(stabiliser), Part(real));
            var running = maximum(own.cummax(2).values, sums.Stabiliser);                            // [B, H, C, 1]
            var all = q.sum(-1, keepdim: true) * Epsilon;                                            // [B, H, C, 1]
            var carried = (sums.Stabiliser - running).exp();                                         // [B, H, C, 1]
            // Above the diagonal a later stabiliser may exceed the row's: the exponent is cut before it can overflow.
            var shares = (own.transpose(-2, -1) - running).clamp(max: 0).exp();                      // [B, H, C, C]
            var inside = ((q.matmul(f.transpose(-2, -1)) * shares) + (all * counts.transpose(-2, -1))).tril();
            var sum = inside.matmul(v) + carried * q.matmul(sums.KeyValue) + all * sums.Values;
            var normaliser = inside.sum(-1, keepdim: true) + carried * q.matmul(sums.Normaliser) + all * sums.Count;
            outputs.Add(Normalise(sum, normaliser).MoveToOuterDisposeScope());

            var last = running.narrow(2, count - 1, 1);
            var old = (sums.Stabiliser - last).exp();
            var scaled = f * (own - last).exp();                                                     // [B, H, C, M]
            sums = new Sums(
                last.clone(),
                sums.KeyValue * old + scaled.transpose(-2, -1).matmul(v),
                sums.Normaliser * old + scaled.sum(2).unsqueeze(-1),
                sums.Values + (v * counts).sum(2, keepdim: true),
                sums.Count + counts.sum(2, keepdim: true));
            step.MoveToOuter(sums.Stabiliser, sums.KeyValue, sums.Normaliser, sums.Values, sums.Count);
        }

        return (cat(outputs, 2), sums); // [B, H, N, Dv]
    }
}
