using Bench.Attention.Primitives;
using Bench.Attention.Softmax;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>Heads that are local or full: blocks for the local ones, libtorch's fused kernel for the others.</summary>
/// <remarks>"Long-short" (LS) attention, arXiv:2505.15548.</remarks>
[Attention("ls-attention/fused", AttentionPattern.CausalSelf,
    Title = "Local and full heads (LS-attention)", Paper = "arXiv:2505.15548", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·N·H·D")]
public sealed class FusedSplitHeads : SplitHeads
{
    private readonly BlockedLocal _local;
    private readonly FusedSoftmax _full;

    /// <summary>Both kernels for the given split.</summary>
    public FusedSplitHeads(AttentionSettings settings, SplitHeadsOptions options)
        : base(settings, options, gathers: false)
    {
        _local = new BlockedLocal(settings with { KeyValueHeads = settings.Heads }, new LocalOptions { Window = options.Window });
        _full = new FusedSoftmax(settings with { KeyValueHeads = settings.Heads });
    }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        AttentionInputs Heads(int first, int count) => new(
            inputs.Query.narrow(1, first, count),
            GroupedHeads.Expand(inputs.Key, Settings.Heads).narrow(1, first, count),
            GroupedHeads.Expand(inputs.Value, Settings.Heads).narrow(1, first, count))
        {
            KeyMask = inputs.KeyMask,
        };

        var parts = new List<Tensor>();
        if (LocalHeads > 0)
        {
            parts.Add(_local.forward(Heads(0, LocalHeads)));
        }

        if (LocalHeads < Settings.Heads)
        {
            parts.Add(_full.forward(Heads(LocalHeads, Settings.Heads - LocalHeads)));
        }

        return cat(parts, 1).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }
}
