using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Softmax;

/// <summary>
/// Differential attention: the difference of two softmax maps, made from the halves of queries and keys, so that common noise cancels:
/// (softmax(q₁k₁ᵀ) − λ softmax(q₂k₂ᵀ)) v, each head normalised by its root mean square. O(N·M·D) time, O(N·M) memory.
/// </summary>
/// <remarks>Ye et al., "Differential Transformer", arXiv:2410.05258, section 2.1. λ is one number, learned, shared by the heads.</remarks>
[Attention("differential/naive", AttentionPattern.CausalSelf,
    Extensions = [AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross, AttentionPattern.CausalCross],
    Title = "Differential attention", Paper = "arXiv:2410.05258", Time = "O(N·M·D)", Memory = "O(N·M)", State = "2·N·H·D", Reference = true)]
public sealed class DifferentialAttention : PairwiseAttention
{
    private const double Epsilon = 1e-5;
    private readonly DifferentialOptions _options;

    /// <summary>λ's vectors start normal with deviation 0.1, the norm's weights at 1.</summary>
    /// <exception cref="ArgumentException">The head size is odd.</exception>
    public DifferentialAttention(AttentionSettings settings, DifferentialOptions options)
        : base(settings)
    {
        if (settings.HeadSize % 2 != 0)
        {
            throw new ArgumentException($"Head size {settings.HeadSize} is odd; both maps need half of it.");
        }

        _options = options;
        foreach (var name in new[] { "lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2" })
        {
            register_parameter(name, new Parameter(randn(settings.HeadSize / 2) * 0.1));
        }

        register_parameter("norm_weight", new Parameter(ones(settings.ValueSize)));
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        var plain = base.Cost(shape);
        return plain with
        {
            Flops = plain.Flops + shape.Rows * (7 * shape.DensePairs + 4.0 * shape.Length * shape.ValueSize),
            ActivationElements = 2 * plain.ActivationElements,
        };
    }

    /// <inheritdoc />
    protected override Tensor Attend(AttentionInputs inputs, bool causal)
    {
        var half = Settings.HeadSize / 2;
        var (key, visible) = (Expand(inputs.Key), Visible(inputs, causal));
        Tensor Map(int from) => Weights(
            (inputs.Query.narrow(3, from, half) / Math.Sqrt(half)).matmul(key.narrow(3, from, half).transpose(-2, -1)), visible);

        var output = (Map(0) - Lambda() * Map(half)).matmul(Expand(inputs.Value));                      // [B, H, N, Dv]
        var size = (output.square().mean([-1], keepdim: true) + Epsilon).sqrt();
        return output / size * get_parameter("norm_weight")! * (1 - _options.LambdaInit);
    }

    /// <inheritdoc />
    protected override Tensor Weights(Tensor scores, Tensor visible) => MaskedSoftmax.Of(scores, visible);

    /// <summary>λ = exp(λ_q1·λ_k1) − exp(λ_q2·λ_k2) + λ_init.</summary>
    private Tensor Lambda()
    {
        Tensor Product(string a, string b) => (get_parameter(a)! * get_parameter(b)!).sum().exp();
        return Product("lambda_q1", "lambda_k1") - Product("lambda_q2", "lambda_k2") + _options.LambdaInit;
    }
}
