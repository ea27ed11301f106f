using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>Options of TTT-Linear.</summary>
public sealed record TttLinearOptions
{
    /// <summary>Tokens of a mini-batch.</summary>
    [Range(1, 4096)]
    public int MiniBatch { get; set; } = 16;

    /// <summary>Factor on queries.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>Output Z + LN(Z) as in flash-linear-attention's operator instead of Q + LN(Z).</summary>
    public bool FlaResidual { get; set; }
}

/// <summary>
/// The state is a linear model W, b that learns to reconstruct v − k from k by one gradient step a token, gradients taken per mini-batch at
/// its first weights: <c>z̄_i = q_i W + b − Σ_{j ≤ i} η_ij (q_i·k_j + 1) e_j</c>, output <c>q_i + LN(z̄_i)</c>.
/// </summary>
/// <remarks>
/// Sun et al., arXiv:2407.04620, sections 2.4 to 2.7. Input <c>eta</c>, <c>[B, H, N, 1]</c>, is the step size of row i; an input <c>rate</c> of the same
/// axes is a further factor of column j.
/// </remarks>
public abstract class TttLinear : FastWeightOperator
{
    private const double InitialDeviation = 0.02;

    /// <summary>Draws the first weights.</summary>
    protected TttLinear(AttentionSettings settings, TttLinearOptions options)
        : base(settings)
    {
        Options = options;
        register_parameter("W1", new Parameter(randn(settings.Heads, settings.HeadSize, settings.HeadSize) * InitialDeviation));
        register_parameter("b1", new Parameter(zeros(settings.Heads, 1, settings.HeadSize)));
    }

    /// <inheritdoc />
    public override IReadOnlyList<InputSpec> Inputs => [.. InputSpec.UnitKeys, new("eta", "B H N 1", InputKind.Gate)];

    /// <inheritdoc />
    protected override int MiniBatch => Options.MiniBatch;

    /// <inheritdoc />
    protected override long WeightSize => ((long)Settings.HeadSize * Settings.HeadSize) + Settings.HeadSize;

    /// <summary>The options.</summary>
    protected TttLinearOptions Options { get; }

    /// <inheritdoc />
    /// <remarks>Three products with W, two triangles of a mini-batch.</remarks>
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * shape.Length * shape.HeadSize * ((6.0 * shape.HeadSize) + (4.0 * Math.Min(MiniBatch, shape.Length))),
        AttentionCost.InputOutputElements(shape),
        AttentionCost.OutputElements(shape) + (shape.Rows * 3.0 * shape.HeadSize * shape.HeadSize));

    /// <inheritdoc />
    protected override Dictionary<string, Tensor> Initial(AttentionInputs inputs)
    {
        var state = inputs.InitialState?.Tensors;
        var batch = inputs.Key.shape[0];
        return new Dictionary<string, Tensor>
        {
            ["w"] = state?["w"] ?? get_parameter("W1")!.unsqueeze(0).expand(batch, -1, -1, -1),
            ["b"] = state?["b"] ?? get_parameter("b1")!.unsqueeze(0).expand(batch, -1, -1, -1),
        };
    }

    /// <summary>What a token gives from its query and z̄.</summary>
    protected Tensor Give(Tensor query, Tensor read, Tensor gamma, Tensor delta) =>
        (Options.FlaResidual ? read : query) + InnerLoss.Normalise(read, gamma, delta);

    /// <summary>Errors e of the mini-batch at its first weights, times the rate of their column.</summary>
    protected static Tensor Errors(AttentionInputs batch, Dictionary<string, Tensor> weights, Tensor gamma, Tensor delta)
    {
        var read = batch.Key.matmul(weights["w"]) + weights["b"];                     // [B, H, L, D]
        var errors = Masked(batch, InnerLoss.Gradient(read, batch.Value - batch.Key, gamma, delta));
        return batch.Optional("rate") is { } rate ? errors * rate : errors;
    }
}

/// <summary>TTT-Linear with the sums of gradients carried from token to token.</summary>
[Attention("ttt-linear/recurrent", AttentionPattern.CausalSelf,
    Title = "TTT-Linear", Paper = "arXiv:2407.04620", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D) and a mini-batch", Reference = true)]
public sealed class RecurrentTttLinear(AttentionSettings settings, TttLinearOptions options) : TttLinear(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Dictionary<string, Tensor> Weights) Learn(
        AttentionInputs batch, Dictionary<string, Tensor> weights, Tensor gamma, Tensor delta)
    {
        var errors = Errors(batch, weights, gamma, delta);
        var (query, step) = (batch.Query * Options.Scale, batch.Required("eta"));
        Tensor sum = zeros_like(weights["w"]), biasSum = zeros_like(weights["b"]);
        var (w, b) = (weights["w"], weights["b"]);
        var outputs = new List<Tensor>();
        for (long t = 0; t < query.shape[2]; t++)
        {
            var error = errors.narrow(2, t, 1);                                       // [B, H, 1, D]
            sum = sum + batch.Key.narrow(2, t, 1).transpose(-2, -1).matmul(error);
            biasSum = biasSum + error;
            var eta = step.narrow(2, t, 1);                                           // [B, H, 1, 1]
            (w, b) = (weights["w"] - (eta * sum), weights["b"] - (eta * biasSum));
            var row = query.narrow(2, t, 1);
            outputs.Add(Give(row, row.matmul(w) + b, gamma, delta));
        }

        return (cat(outputs, 2), new Dictionary<string, Tensor> { ["w"] = w, ["b"] = b });
    }
}

/// <summary>TTT-Linear in its dual form: matrix products over each mini-batch.</summary>
[Attention("ttt-linear/dual", AttentionPattern.CausalSelf,
    Title = "TTT-Linear", Paper = "arXiv:2407.04620", Time = "O(N·D²)", Memory = "O(N·D)", State = "H·(D² + D) and a mini-batch")]
public sealed class DualTttLinear(AttentionSettings settings, TttLinearOptions options) : TttLinear(settings, options)
{
    /// <inheritdoc />
    protected override (Tensor Output, Dictionary<string, Tensor> Weights) Learn(
        AttentionInputs batch, Dictionary<string, Tensor> weights, Tensor gamma, Tensor delta)
    {
        var errors = Errors(batch, weights, gamma, delta);                            // [B, H, L, D]
        var (query, step) = (batch.Query * Options.Scale, batch.Required("eta"));     // [B, H, L, D], [B, H, L, 1]
        var pairs = (query.matmul(batch.Key.transpose(-2, -1)) + 1).tril();           // [B, H, L, L]
        var read = query.matmul(weights["w"]) + weights["b"] - (step * pairs.matmul(errors));
        var last = step.narrow(2, step.shape[2] - 1, 1);                              // [B, H, 1, 1]
        return (Give(query, read, gamma, delta), new Dictionary<string, Tensor>
        {
            ["w"] = weights["w"] - (last * batch.Key.transpose(-2, -1).matmul(errors)),
            ["b"] = weights["b"] - (last * errors.sum(2, keepdim: true)),
        });
    }
}
