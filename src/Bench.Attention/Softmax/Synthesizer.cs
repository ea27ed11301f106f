using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// Softmax over logits that are learned or made from the query alone, without q·k unless asked for: O(N²·Dv) time, O(N²) memory, lengths up to
/// <see cref="AttentionSettings.MaxLength"/>.
/// </summary>
public abstract class Synthesizer(AttentionSettings settings, SynthesizerOptions options) : AttentionOperator(settings)
{
    /// <summary>k.</summary>
    protected int Rank => options.Rank;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (length, sources) = (inputs.Query.shape[2], inputs.Key.shape[2]);
        if (length > Settings.MaxLength)
        {
            throw new ArgumentException(
                $"Length {length} exceeds {nameof(AttentionSettings.MaxLength)} {Settings.MaxLength}, for which the logits were made.");
        }

        var logits = Logits(inputs.Query);                                                                // [B or 1, H, N, N]
        if (options.AddDotProduct)
        {
            logits = logits + (inputs.Query / Math.Sqrt(Settings.HeadSize)).matmul(GroupedHeads.Expand(inputs.Key, Settings.Heads).transpose(-2, -1));
        }

        var visible = ones([length, sources], ScalarType.Bool, logits.device);
        visible = Settings.Pattern == AttentionPattern.CausalSelf ? visible.tril() : visible;
        if (inputs.KeyMask is { } mask)
        {
            visible = visible.logical_and(mask[.., TensorIndex.None, TensorIndex.None, ..]);
        }

        return MaskedSoftmax.Of(logits, visible).matmul(GroupedHeads.Expand(inputs.Value, Settings.Heads)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * shape.DensePairs * (2.0 * shape.ValueSize + 5 + LogitFlops(shape) + (options.AddDotProduct ? 2.0 * shape.HeadSize : 0)),
        AttentionCost.InputOutputElements(shape),
        shape.Rows * (2.0 * shape.Length * shape.SourceLength + (double)shape.Length * shape.ValueSize));

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => shape.Length > Settings.MaxLength
        ? $"length {shape.Length} exceeds {nameof(AttentionSettings.MaxLength)} {Settings.MaxLength}, for which the logits were made"
        : null;

    /// <summary>Logits of all pairs, broadcastable to <c>[B, H, N, N]</c>.</summary>
    protected abstract Tensor Logits(Tensor query);

    /// <summary>Operations a logit.</summary>
    protected abstract double LogitFlops(AttentionShape shape);

    /// <summary>A weight, uniform in ±1/√fan-in.</summary>
    protected void Register(string name, int fanIn, params long[] sizes)
    {
        var weight = empty(sizes);
        nn.init.uniform_(weight, -1 / Math.Sqrt(fanIn), 1 / Math.Sqrt(fanIn));
        register_parameter(name, new Parameter(weight));
    }
}
