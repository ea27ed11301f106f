using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>LayerNorm, or BatchNorm over features, of hidden states <c>[B, N, E]</c>.</summary>
public sealed class SequenceNorm : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm? layer;
    private readonly BatchNorm1d? batch;

    /// <summary>Builds the norm for hidden states of a width.</summary>
    public SequenceNorm(int width, bool overBatch)
        : base("norm")
    {
        layer = overBatch ? null : nn.LayerNorm(width);
        batch = overBatch ? nn.BatchNorm1d(width) : null;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden)
    {
        if (layer is not null)
        {
            return layer.forward(hidden);
        }

        using var scope = NewDisposeScope();
        return batch!.forward(hidden.transpose(1, 2)).transpose(1, 2).MoveToOuterDisposeScope();
    }
}
