using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// Two layers with ReLU and dropout that is <b>never</b> switched off, through which the last frames reach the decoder: <c>[B, T, C]</c> to
/// <c>[B, T, P]</c>. The noise keeps the decoder from copying frames.
/// </summary>
/// <remarks>Shen et al., "Tacotron 2", arXiv:1712.05884, section 2.2.</remarks>
internal sealed class Prenet : nn.Module<Tensor, Tensor>
{
    private readonly Linear first;
    private readonly Linear second;
    private readonly SeededDropout dropout;

    public Prenet(int from, int width, double drop)
        : base("prenet")
    {
        first = nn.Linear(from, width);
        second = nn.Linear(width, width);
        dropout = new SeededDropout(drop);
        RegisterComponents();
    }

    public override Tensor forward(Tensor frames)
    {
        using var scope = NewDisposeScope();
        dropout.train();
        var hidden = dropout.forward(nn.functional.relu(first.forward(frames)));
        return dropout.forward(nn.functional.relu(second.forward(hidden))).MoveToOuterDisposeScope();
    }
}
