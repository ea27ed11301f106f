using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>The attention map of any mechanism whose output is a weighted mean of values.</summary>
public static class AttentionMap
{
    private const double LargestError = 1e-3;

    /// <summary>
    /// Weights <c>[B, H, N, M]</c> of each key for each query, rows summing to 1; null when the mechanism has none: its output does not follow from
    /// weights and values, or weights are negative.
    /// </summary>
    /// <remarks>
    /// Read off by giving it one-hot values, Dv keys at a time, and accepted only if the weights, applied to the true values, give the true output.
    /// </remarks>
    /// <param name="attention">The operator, in evaluation mode.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="seed">Seed of the draws of random mechanisms, the same for each reading.</param>
    public static Tensor? Of(AttentionOperator attention, AttentionInputs inputs, long seed)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var value = inputs.Value;
        var (keys, size) = (value.shape[2], value.shape[3]);
        var columns = new List<Tensor>();
        for (long first = 0; first < keys; first += size)
        {
            var count = Math.Min(size, keys - first);
            var marks = zeros([keys, size], dtype: value.dtype, device: value.device);
            marks.narrow(0, first, count).narrow(1, 0, count).diagonal().fill_(1);
            manual_seed(seed);
            columns.Add(attention.forward(inputs with { Value = marks.expand_as(value).contiguous() }).narrow(3, 0, count)); // [B, H, N, count]
        }

        var weights = cat(columns, -1);                                                          // [B, H, N, M]
        manual_seed(seed);
        var output = attention.forward(inputs);                                                  // [B, H, N, Dv]
        var heads = weights.shape[1] / value.shape[1];
        var explained = weights.matmul(heads == 1 ? value : value.repeat_interleave(heads, 1));
        var error = (explained - output).abs().max().item<float>() / Math.Max(1e-12, output.abs().max().item<float>());
        var mass = weights.sum(-1, keepdim: true);                                               // [B, H, N, 1]
        return error > LargestError || weights.min().item<float>() < -LargestError * mass.abs().max().item<float>()
            ? null
            : (weights.clamp(min: 0) / mass.clamp(min: 1e-12)).MoveToOuterDisposeScope();
    }
}
