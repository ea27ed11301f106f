using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// Mixture of heads with a router without parameters: softmax attention in which, for every token, only the shared heads and those further heads
/// with the longest queries give an output. O(N·M·D) time; all heads are computed.
/// </summary>
/// <remarks>Jin et al., "MoH: Multi-Head Attention as Mixture-of-Head Attention", arXiv:2410.11842, section 3.4 (continued training of LLaMA3).</remarks>
[Attention("moh-norm/naive", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Mixture of heads, routed by query length (MoH)", Paper = "arXiv:2410.11842", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D",
    Reference = true)]
public sealed class NormRoutedHeads(AttentionSettings settings, NormRoutedOptions options) : SoftmaxAttention(settings)
{
    private readonly NaiveSoftmax _whole = new(settings);
    private readonly NaiveSoftmax _step = new(settings with { Pattern = AttentionPattern.CausalCross });

    private int Shared => options.SharedHeads < 0 ? Settings.Heads / 2 : Math.Min(options.SharedHeads, Settings.Heads);

    private int Routed => options.RoutedHeads < 0 ? (Settings.Heads - Shared + 1) / 2 : Math.Min(options.RoutedHeads, Settings.Heads - Shared);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => _whole.Cost(shape);

    /// <inheritdoc />
    protected override Tensor Attend(AttentionInputs inputs, bool causal)
    {
        var kept = Keep(inputs.Query);
        return (causal || !Settings.Pattern.IsCausal ? _whole : _step).forward(inputs) * kept;
    }

    /// <summary>1 for heads that are on, 0 for the others: <c>[B, H, N, 1]</c>. The longest query wins; scaling all scores would not change that.</summary>
    private Tensor Keep(Tensor query)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var lengths = query.norm(-1, keepdim: true);                                                     // [B, H, N, 1]
        var kept = zeros_like(lengths);
        kept.narrow(1, 0, Shared).fill_(1);
        if (Routed > 0)
        {
            var best = lengths.narrow(1, Shared, Settings.Heads - Shared).topk(Routed, 1).indexes + Shared;
            kept = kept.scatter(1, best, ones_like(best, query.dtype));
        }

        return kept.MoveToOuterDisposeScope();
    }
}
