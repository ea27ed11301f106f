using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.StateSpace;

/// <summary>Causal S4D as its recurrence token by token: x ← e^(Δw) x + u, y = 2 Re C̃·x. O(E·N·S) time, O(E·S) memory beside the output.</summary>
/// <remarks>Gu et al., arXiv:2206.11893, section 3.</remarks>
[Attention("s4d/recurrent", AttentionPattern.CausalSelf,
    Title = "S4D (diagonal state space)", Paper = "arXiv:2206.11893", Time = "O(E·N·S)", Memory = "O(E·S)", State = "E·S")]
public sealed class RecurrentS4d(AttentionSettings settings, S4dOptions options) : S4dLayer(settings, options)
{
    /// <inheritdoc />
    protected override Tensor Convolve(Tensor u)
    {
        var (decay, weights) = Modes();
        var outputs = new List<Tensor>();
        Tensor? x = null;
        for (long i = 0; i < u.shape[2]; i++)
        {
            var token = u.narrow(2, i, 1);
            x = x is null ? token * ones_like(decay) : x * decay + token;
            outputs.Add(Read(x, weights));
        }

        return stack(outputs, -1); // [B, C, E, N]
    }
}
