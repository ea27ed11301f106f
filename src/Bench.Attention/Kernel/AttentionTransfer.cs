using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>Distillation of softmax attention into a linear one: only feature maps learn, so that their weights match the teacher's.</summary>
/// <remarks>Zhang et al., arXiv:2402.04347, section 4.2; LoLCATs (arXiv:2410.10254) adds the mean squared error of the outputs.</remarks>
public static class AttentionTransfer
{
    private const double Smallest = 1e-12;

    /// <summary>The teacher's weights <c>softmax(q kᵀ/√D)</c>, without gradient.</summary>
    public static Tensor Teacher(Tensor query, Tensor key, bool causal)
    {
        using var nograd = no_grad();
        using var scope = NewDisposeScope();
        var scores = query.matmul(key.transpose(-2, -1)) / Math.Sqrt(query.shape[^1]); // [B, H, N, M]
        var hidden = ones_like(scores, ScalarType.Bool).triu(1);
        return (causal ? scores.masked_fill(hidden, double.NegativeInfinity) : scores).softmax(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Cross-entropy between teacher and student weights, the mean over all rows of <c>−Σ_j teacher_ij log student_ij</c>: <c>[1]</c>.</summary>
    public static Tensor CrossEntropy(Tensor teacher, Tensor student)
    {
        using var scope = NewDisposeScope();
        var logs = student.clamp(min: Smallest).log().log_softmax(-1);
        return (-(teacher * logs).sum(-1)).mean().view(1).MoveToOuterDisposeScope();
    }

    /// <summary>Mean squared error of the outputs, times 1000 as LoLCATs weighs it.</summary>
    public static Tensor OutputError(Tensor teacher, Tensor student) => (teacher - student).square().mean() * 1000;
}
