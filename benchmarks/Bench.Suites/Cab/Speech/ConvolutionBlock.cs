using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>Post-norm block of noncausal self attention and two convolutions: <c>[B, N, E]</c> to <c>[B, N, E]</c>.</summary>
internal sealed class ConvolutionBlock : nn.Module<BlockInputs, Tensor>
{
    private readonly AttentionLayer? self;
    private readonly LayerNorm? selfNorm;
    private readonly Convolution up;
    private readonly Convolution down;
    private readonly LayerNorm norm;
    private readonly SeededDropout dropout;

    public ConvolutionBlock(FastSpeech2Settings settings, AttentionLayer? self)
        : base("block")
    {
        this.self = self;
        selfNorm = self is null ? null : nn.LayerNorm(settings.Width);
        up = new Convolution(settings.Width, settings.Inner, settings.Kernel, nn.init.NonlinearityType.ReLU);
        down = new Convolution(settings.Inner, settings.Width, settings.Kernel, nn.init.NonlinearityType.ReLU);
        norm = nn.LayerNorm(settings.Width);
        dropout = new SeededDropout(settings.Dropout);
        RegisterComponents();
    }

    public override Tensor forward(BlockInputs inputs)
    {
        using var scope = NewDisposeScope();
        var hidden = inputs.Hidden;
        if (self is not null)
        {
            hidden = selfNorm!.forward(hidden + self.forward(new LayerInputs(hidden) { KeyMask = inputs.Mask }));
        }

        var inner = down.forward(nn.functional.relu(up.forward(hidden)));
        return norm.forward(hidden + dropout.forward(inner)).MoveToOuterDisposeScope();
    }
}
