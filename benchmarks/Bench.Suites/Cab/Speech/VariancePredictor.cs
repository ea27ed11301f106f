using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>One number for each token from two convolutions: <c>[B, N, E]</c> to <c>[B, N]</c>.</summary>
internal sealed class VariancePredictor : nn.Module<Tensor, Tensor>
{
    private const int Kernel = 3;
    private readonly Convolution first;
    private readonly Convolution second;
    private readonly LayerNorm firstNorm;
    private readonly LayerNorm secondNorm;
    private readonly SeededDropout dropout;
    private readonly Linear output;

    public VariancePredictor(FastSpeech2Settings settings)
        : base("predictor")
    {
        first = new Convolution(settings.Width, settings.PredictorWidth, Kernel, nn.init.NonlinearityType.ReLU);
        second = new Convolution(settings.PredictorWidth, settings.PredictorWidth, Kernel, nn.init.NonlinearityType.ReLU);
        firstNorm = nn.LayerNorm(settings.PredictorWidth);
        secondNorm = nn.LayerNorm(settings.PredictorWidth);
        dropout = new SeededDropout(settings.PredictorDropout);
        output = nn.Linear(settings.PredictorWidth, 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var x = dropout.forward(firstNorm.forward(nn.functional.relu(first.forward(hidden))));
        x = dropout.forward(secondNorm.forward(nn.functional.relu(second.forward(x))));
        return output.forward(x).squeeze(2).MoveToOuterDisposeScope();
    }
}
