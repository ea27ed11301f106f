using Bench.Attention;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>A block from hidden states <c>[B, N, E]</c> to hidden states, with a mask of real keys <c>[B, N]</c> or null.</summary>
internal abstract class EncoderBlock(string name) : nn.Module<Tensor, Tensor?, Tensor>(name)
{
    /// <summary>The block's dropouts; each draws from a seed of its own.</summary>
    public abstract IReadOnlyList<SeededDropout> Dropouts { get; }

    /// <summary>A new seed for the dropouts.</summary>
    public void Reseed(long seed)
    {
        for (var i = 0; i < Dropouts.Count; i++)
        {
            Dropouts[i].Reseed(seed + i);
        }
    }

    /// <summary>Calls the attention layer.</summary>
    protected static Tensor Attend(AttentionLayer attention, Tensor hidden, Tensor? mask) =>
        attention.forward(new LayerInputs(hidden) { KeyMask = mask });
}
