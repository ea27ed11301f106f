using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>
/// Operators whose state is the weights of a small network that learns while it reads, one mini-batch of tokens at a time: gradients are
/// taken at the weights before the mini-batch. γ and δ of the inner norm are the parameters <c>w</c> and <c>b</c>, <c>[H, D]</c>; inputs of these
/// names replace them.
/// </summary>
public abstract class FastWeightOperator : AttentionOperator
{
    /// <summary>Parameters γ = 1 and δ = 0.</summary>
    protected FastWeightOperator(AttentionSettings settings)
        : base(settings)
    {
        if (settings.ValueSize != settings.HeadSize || settings.KeyValueHeads != settings.Heads)
        {
            throw new ArgumentException($"{GetType().Name} needs values as wide as keys ({settings.HeadSize}) and one key head a query head.");
        }

        register_parameter("w", new Parameter(ones(settings.Heads, settings.HeadSize)));
        register_parameter("b", new Parameter(zeros(settings.Heads, settings.HeadSize)));
    }

    /// <summary>Tokens of a mini-batch.</summary>
    protected abstract int MiniBatch { get; }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Run(inputs).Output.MoveToOuterDisposeScope();                          // [B, H, N, D]
    }

    /// <summary>The full pass with the weights after the last token.</summary>
    /// <returns>The output <c>[B, H, N, D]</c> and the state, which keeps its gradient.</returns>
    public (Tensor Output, IReadOnlyDictionary<string, Tensor> State) Run(AttentionInputs inputs)
    {
        var weights = Initial(inputs);
        var (gamma, delta) = (Row(inputs, "w"), Row(inputs, "b"));                    // [1, H, 1, D]
        var outputs = new List<Tensor>();
        for (long start = 0; start < inputs.Query.shape[2]; start += MiniBatch)
        {
            var count = Math.Min(MiniBatch, inputs.Query.shape[2] - start);
            Tensor Part(Tensor x) => x.narrow(2, start, count);
            var batch = new AttentionInputs(Part(inputs.Query), Part(inputs.Key), Part(inputs.Value))
            {
                KeyMask = inputs.KeyMask?.narrow(1, start, count),
                Named = inputs.Named.Where(pair => pair.Value.dim() == 4).ToDictionary(pair => pair.Key, pair => Part(pair.Value)),
            };
            (var output, weights) = Learn(batch, weights, gamma, delta);
            outputs.Add(output);
        }

        return (cat(outputs, 2), weights);
    }

    /// <summary>Weights before the first token, from the initial state or the mechanism's start.</summary>
    protected abstract Dictionary<string, Tensor> Initial(AttentionInputs inputs);

    /// <summary>One mini-batch: outputs and the weights after it.</summary>
    protected abstract (Tensor Output, Dictionary<string, Tensor> Weights) Learn(
        AttentionInputs batch, Dictionary<string, Tensor> weights, Tensor gamma, Tensor delta);

    /// <summary>Zeros for weights that no state gave.</summary>
    protected Tensor Zeros(AttentionInputs inputs, long rows) =>
        zeros([inputs.Key.shape[0], Settings.Heads, rows, Settings.HeadSize], dtype: inputs.Key.dtype, device: inputs.Key.device);

    /// <summary>Padding contributes no gradient: zero where a key is masked.</summary>
    protected static Tensor Masked(AttentionInputs batch, Tensor errors) =>
        batch.KeyMask is { } mask ? errors.masked_fill(mask.logical_not().unsqueeze(1).unsqueeze(-1), 0) : errors;

    private Tensor Row(AttentionInputs inputs, string name) => (inputs.Optional(name) ?? get_parameter(name)!).unsqueeze(0).unsqueeze(2);
}
