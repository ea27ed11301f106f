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

    /// <summary>Numbers of the weights, per head.</summary>
    protected abstract long WeightSize { get; }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Run(inputs).Output.MoveToOuterDisposeScope();                          // [B, H, N, D]
    }

    /// <inheritdoc />
    /// <remarks>Kept are the weights before the mini-batch that is under way, and that mini-batch's tokens without their queries.</remarks>
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var whole = inputs.Key.shape[2] / MiniBatch * MiniBatch;
        var (output, _) = Run(inputs);
        var state = new TensorState { Position = inputs.Key.shape[2] };
        Keep(state, whole == 0 ? Initial(inputs) : (Dictionary<string, Tensor>)Run(Rows(inputs, 0, whole)).State, Rows(inputs, whole, inputs.Key.shape[2] - whole));
        return (output.MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        Tensor Joined(string name, Tensor tensor) => cat([kept["token." + name], tensor], 2);
        var key = Joined("k", token.Key);
        var batch = new AttentionInputs(token.Query.expand_as(key), key, Joined("v", token.Value))
        {
            Named = token.Named.Where(pair => pair.Value.dim() == 4).ToDictionary(pair => pair.Key, pair => Joined(pair.Key, pair.Value)),
        };
        var weights = kept.Tensors.Where(pair => !pair.Key.StartsWith("token.", StringComparison.Ordinal)).ToDictionary(pair => pair.Key, pair => pair.Value);
        var (output, after) = Learn(batch, weights, Row(token, "w"), Row(token, "b"));
        var isWhole = key.shape[2] == MiniBatch;
        Keep(kept, isWhole ? after : weights, isWhole ? Rows(batch, 0, 0) : batch);
        kept.Position++;
        return output.narrow(2, output.shape[2] - 1, 1).MoveToOuterDisposeScope();    // [B, H, 1, D]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape)
    {
        var named = Inputs.Where(spec => spec.Name is not ("q" or "k" or "v")).Sum(spec => spec.Axes.Split(' ')[^1] == "D" ? Settings.HeadSize : 1L);
        return Settings.Heads * (WeightSize + (shape.Length % MiniBatch * ((2L * Settings.HeadSize) + named)));
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

    /// <summary>Some tokens of every input that has one row a token.</summary>
    private static AttentionInputs Rows(AttentionInputs inputs, long start, long count) => new(
        inputs.Query.narrow(2, start, count), inputs.Key.narrow(2, start, count), inputs.Value.narrow(2, start, count))
    {
        KeyMask = inputs.KeyMask?.narrow(1, start, count),
        InitialState = inputs.InitialState,
        Named = inputs.Named.ToDictionary(pair => pair.Key, pair => pair.Value.dim() == 4 ? pair.Value.narrow(2, start, count) : pair.Value),
    };

    private static void Keep(TensorState kept, Dictionary<string, Tensor> weights, AttentionInputs pending)
    {
        var tokens = pending.Named.Where(pair => pair.Value.dim() == 4).ToDictionary(pair => "token." + pair.Key, pair => pair.Value);
        (tokens["token.k"], tokens["token.v"]) = (pending.Key, pending.Value);
        foreach (var (name, tensor) in weights.Concat(tokens))
        {
            kept[name] = tensor.detach().clone();
        }
    }

    private Tensor Row(AttentionInputs inputs, string name) => (inputs.Optional(name) ?? get_parameter(name)!).unsqueeze(0).unsqueeze(2);
}
