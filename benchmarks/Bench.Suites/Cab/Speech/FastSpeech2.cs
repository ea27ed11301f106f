using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>What <see cref="FastSpeech2"/> says.</summary>
/// <param name="Mel">Mel frames <c>[B, T, bands]</c>.</param>
/// <param name="FrameMask">True at real frames <c>[B, T]</c>.</param>
/// <param name="LogDurations">log(frames + 1) of each token <c>[B, N]</c>.</param>
/// <param name="Pitch">Predicted pitch of each token <c>[B, N]</c>.</param>
/// <param name="Energy">Predicted energy of each token <c>[B, N]</c>.</param>
public sealed record FastSpeech2Outputs(Tensor Mel, Tensor FrameMask, Tensor LogDurations, Tensor Pitch, Tensor Energy);

/// <summary>
/// FastSpeech 2: an encoder over text tokens, predictors of duration, pitch and energy whose values are added or repeated, and a decoder over frames.
/// All attention is noncausal self attention.
/// </summary>
/// <remarks>Ren et al., arXiv:2006.04558; configuration of fairseq's fastspeech2 (post-norm blocks, pitch and energy of each token, no postnet).</remarks>
public sealed class FastSpeech2 : nn.Module
{
    private readonly FastSpeech2Settings _settings;
    private readonly Embedding tokens;
    private readonly Parameter sourceScale;
    private readonly Parameter frameScale;
    private readonly SeededDropout dropout;
    private readonly ModuleList<ConvolutionBlock> encoder;
    private readonly ModuleList<ConvolutionBlock> decoder;
    private readonly VariancePredictor duration;
    private readonly VariancePredictor pitch;
    private readonly VariancePredictor energy;
    private readonly Embedding pitchBins;
    private readonly Embedding energyBins;
    private readonly Linear output;

    /// <summary>Builds the model; weights are drawn from torch's generator.</summary>
    public FastSpeech2(FastSpeech2Settings settings, BackboneAttention attention)
        : base("fastspeech2")
    {
        _settings = settings;
        Embedding Embed(int count)
        {
            var embedding = nn.Embedding(count, settings.Width);
            nn.init.normal_(embedding.weight!, 0, 1 / Math.Sqrt(settings.Width));
            return embedding;
        }

        ModuleList<ConvolutionBlock> Blocks(int first) => new([.. Enumerable.Range(first, settings.Layers)
            .Select(layer => new ConvolutionBlock(settings, attention.Build(AttentionPattern.NoncausalSelf, settings.Attention(layer))))]);

        tokens = Embed(settings.Vocabulary);
        sourceScale = new Parameter(ones(1));
        frameScale = new Parameter(ones(1));
        dropout = new SeededDropout(settings.Dropout);
        encoder = Blocks(0);
        decoder = Blocks(settings.Layers);
        duration = new VariancePredictor(settings);
        pitch = new VariancePredictor(settings);
        energy = new VariancePredictor(settings);
        pitchBins = Embed(settings.Bins);
        energyBins = Embed(settings.Bins);
        output = nn.Linear(settings.Width, settings.Bands);
        RegisterComponents();
    }

    /// <summary>Mel frames of texts.</summary>
    /// <param name="text">Tokens <c>[B, N]</c>, 0 where padded.</param>
    /// <param name="truth">Durations in frames, pitch and energy to use; null uses the predicted ones.</param>
    public FastSpeech2Outputs Speak(Tensor text, (Tensor Durations, Tensor Pitch, Tensor Energy)? truth)
    {
        using var scope = NewDisposeScope();
        var mask = text.ne(0);                                                                   // [B, N]
        var hidden = Positioned(tokens.forward(text), sourceScale);
        hidden = Run(encoder, dropout.forward(hidden), mask);
        var logDurations = duration.forward(hidden);
        var saidPitch = pitch.forward(hidden);
        hidden = hidden + pitchBins.forward(Bin(truth?.Pitch ?? saidPitch));
        var saidEnergy = energy.forward(hidden);
        hidden = hidden + energyBins.forward(Bin(truth?.Energy ?? saidEnergy));
        var frames = truth?.Durations ?? (logDurations.exp() - 1).round().clamp(0, 200).to(ScalarType.Int64).masked_fill(mask.logical_not(), 0L);
        (hidden, var frameMask) = Repeat(hidden, frames);
        hidden = Run(decoder, Positioned(hidden, frameScale), frameMask);
        return new FastSpeech2Outputs(
            output.forward(hidden).MoveToOuterDisposeScope(), frameMask.MoveToOuterDisposeScope(),
            logDurations.MoveToOuterDisposeScope(), saidPitch.MoveToOuterDisposeScope(), saidEnergy.MoveToOuterDisposeScope());
    }

    private static Tensor Run(ModuleList<ConvolutionBlock> blocks, Tensor hidden, Tensor mask)
    {
        // Without padding there is nothing to hide, and attention without a mask is faster.
        var needed = mask.all().item<bool>() ? null : mask;
        foreach (var block in blocks)
        {
            hidden = block.forward(new BlockInputs(hidden, needed));
        }

        return hidden;
    }

    private Tensor Positioned(Tensor hidden, Parameter scale) =>
        hidden + (scale * Sinusoids.Of(hidden.shape[1], _settings.Width, first: 1, dtype: hidden.dtype, device: hidden.device));

    /// <summary>Bin of standardised pitch or energy: even steps from −3 to 3.</summary>
    private Tensor Bin(Tensor value) => ((value.detach() + 3) * ((_settings.Bins - 2) / 6.0)).ceil().clamp(0, _settings.Bins - 1).to(ScalarType.Int64);

    /// <summary>Repeats each token's state for its frames: <c>[B, T, E]</c>, T the longest row's frames but 1 at least, and the mask of real frames.</summary>
    private static (Tensor Frames, Tensor Mask) Repeat(Tensor hidden, Tensor durations)
    {
        var ends = durations.cumsum(1);                                                          // [B, N]
        var totals = ends.narrow(1, ends.shape[1] - 1, 1);                                       // [B, 1]
        var frame = arange(Math.Max(1, totals.max().item<long>()), device: hidden.device).unsqueeze(0);  // [1, T]
        var mask = frame.lt(totals.clamp(min: 1));                                               // [B, T]
        // The token of a frame is the number of tokens that ended before it.
        var token = ends.unsqueeze(2).le(frame.unsqueeze(1)).sum(1).clamp(max: hidden.shape[1] - 1);      // [B, T]
        var frames = hidden.gather(1, token.unsqueeze(2).expand(-1, -1, hidden.shape[2]));
        return (frames * mask.unsqueeze(2).to(hidden.dtype), mask);
    }
}
