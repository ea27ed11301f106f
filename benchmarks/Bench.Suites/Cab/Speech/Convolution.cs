using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>A convolution along time with unchanged length: <c>[B, T, C]</c> to <c>[B, T, C']</c>, Xavier-uniform weights.</summary>
internal sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly Conv1d convolution;

    public Convolution(int from, int to, int kernel, nn.init.NonlinearityType gain)
        : base("convolution")
    {
        convolution = nn.Conv1d(from, to, kernel, padding: (kernel - 1) / 2);
        nn.init.xavier_uniform_(convolution.weight!, nn.init.calculate_gain(gain));
        RegisterComponents();
    }

    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return convolution.forward(hidden.transpose(1, 2)).transpose(1, 2).MoveToOuterDisposeScope();
    }
}

/// <summary>A convolution along time, batch normalisation, an activation and dropout: <c>[B, T, C]</c> to <c>[B, T, C']</c>.</summary>
internal sealed class NormalisedConvolution : nn.Module<Tensor, Tensor>
{
    private readonly Conv1d convolution;
    private readonly BatchNorm1d norm;
    private readonly Training.SeededDropout dropout;
    private readonly nn.init.NonlinearityType _activation;

    public NormalisedConvolution(int from, int to, int kernel, nn.init.NonlinearityType activation, double drop)
        : base("convolution")
    {
        _activation = activation;
        convolution = nn.Conv1d(from, to, kernel, padding: (kernel - 1) / 2);
        nn.init.xavier_uniform_(convolution.weight!, nn.init.calculate_gain(activation));
        norm = nn.BatchNorm1d(to);
        dropout = new Training.SeededDropout(drop);
        RegisterComponents();
    }

    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var normed = norm.forward(convolution.forward(hidden.transpose(1, 2)));
        var active = _activation switch
        {
            nn.init.NonlinearityType.ReLU => nn.functional.relu(normed),
            nn.init.NonlinearityType.Tanh => normed.tanh(),
            _ => normed,
        };
        return dropout.forward(active).transpose(1, 2).MoveToOuterDisposeScope();
    }
}
