using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>What <see cref="TransformerTts"/> says about S decoder steps of F frames.</summary>
/// <param name="Coarse">Mel frames before the postnet <c>[B, S, F·bands]</c>.</param>
/// <param name="Mel">Mel frames after it <c>[B, S, F·bands]</c>.</param>
/// <param name="Stop">Logits of "this is the last step" <c>[B, S]</c>.</param>
public sealed record TransformerTtsOutputs(Tensor Coarse, Tensor Mel, Tensor Stop);

/// <summary>
/// Transformer-TTS: an encoder over text tokens with noncausal self attention behind convolutions, and an autoregressive decoder over groups of frames
/// with causal self and cross attention, a prenet before it and a convolutional postnet behind it.
/// </summary>
/// <remarks>
/// Li et al., arXiv:1809.08895; configuration of fairseq's tts_transformer with pre-norm blocks. As there, the postnet sees groups of F frames as one step.
/// </remarks>
public sealed class TransformerTts : nn.Module
{
    private readonly TransformerTtsSettings _settings;
    private readonly Embedding tokens;
    private readonly ModuleList<NormalisedConvolution> convolutions;
    private readonly Linear sourceProjection;
    private readonly Parameter sourceScale;
    private readonly ModuleList<TransformerBlock> encoder;
    private readonly LayerNorm sourceNorm;
    private readonly Prenet prenet;
    private readonly Linear frameProjection;
    private readonly Parameter frameScale;
    private readonly ModuleList<TransformerBlock> decoder;
    private readonly LayerNorm frameNorm;
    private readonly Linear output;
    private readonly Linear stop;
    private readonly ModuleList<NormalisedConvolution> postnet;
    private readonly SeededDropout dropout;

    /// <summary>Builds the model; weights are drawn from torch's generator.</summary>
    public TransformerTts(TransformerTtsSettings settings, BackboneAttention attention)
        : base("transformerTts")
    {
        _settings = settings;
        var (width, block, size) = (settings.Width, settings.Block, settings.Bands * settings.FramesPerStep);
        tokens = nn.Embedding(settings.Vocabulary, width);
        convolutions = new([.. Enumerable.Range(0, settings.EncoderConvolutions)
            .Select(_ => new NormalisedConvolution(width, width, settings.Kernel, nn.init.NonlinearityType.ReLU, settings.ConvolutionDropout))]);
        sourceProjection = nn.Linear(width, width);
        sourceScale = new Parameter(ones(1));
        encoder = new([.. Enumerable.Range(0, settings.Layers).Select(layer => new TransformerBlock(
            block, attention.Build(AttentionPattern.NoncausalSelf, block.Attention(layer, settings.Layers))))]);
        sourceNorm = nn.LayerNorm(width);
        prenet = new Prenet(size, settings.PrenetWidth, settings.ConvolutionDropout);
        frameProjection = nn.Linear(settings.PrenetWidth, width);
        frameScale = new Parameter(ones(1));
        decoder = new([.. Enumerable.Range(0, settings.Layers).Select(layer => new TransformerBlock(
            block,
            attention.Build(AttentionPattern.CausalSelf, block.Attention(layer, settings.Layers)),
            attention.Build(AttentionPattern.CausalCross, block.Attention(layer, settings.Layers))))]);
        frameNorm = nn.LayerNorm(width);
        output = nn.Linear(width, size);
        stop = nn.Linear(width, 1);
        var last = settings.PostnetConvolutions - 1;
        postnet = new([.. Enumerable.Range(0, settings.PostnetConvolutions).Select(i => new NormalisedConvolution(
            i == 0 ? size : settings.PostnetWidth, i == last ? size : settings.PostnetWidth, settings.Kernel,
            i == last ? nn.init.NonlinearityType.Linear : nn.init.NonlinearityType.Tanh, settings.ConvolutionDropout))]);
        dropout = new SeededDropout(settings.Dropout);
        RegisterComponents();
    }

    /// <summary>Hidden states <c>[B, N, E]</c> of a text.</summary>
    /// <param name="text">Tokens <c>[B, N]</c>, 0 where padded.</param>
    public Tensor Encode(Tensor text)
    {
        using var scope = NewDisposeScope();
        var hidden = tokens.forward(text);
        foreach (var convolution in convolutions)
        {
            hidden = convolution.forward(hidden);
        }

        hidden = dropout.forward(Positioned(sourceProjection.forward(hidden), sourceScale));
        var mask = Mask(text);
        foreach (var block in encoder)
        {
            hidden = block.forward(new BlockInputs(hidden, mask));
        }

        return sourceNorm.forward(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Says the step behind each given one. Frames are padded on the right, which no earlier step sees.</summary>
    /// <param name="before">Groups of frames <c>[B, S, F·bands]</c>: zeros first, then those of steps 0 … S − 2.</param>
    /// <param name="context">Hidden states of the text <c>[B, N, E]</c>.</param>
    /// <param name="text">Tokens <c>[B, N]</c>, 0 where padded.</param>
    public TransformerTtsOutputs Decode(Tensor before, Tensor context, Tensor text)
    {
        using var scope = NewDisposeScope();
        var (coarse, said) = Steps(before, context, text);
        return new TransformerTtsOutputs(
            coarse.MoveToOuterDisposeScope(), Correct(coarse).MoveToOuterDisposeScope(), said.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Speaks step by step from its own frames until the stop probability exceeds one half. Each step runs the decoder over all steps, because not every
    /// mechanism decodes token by token; the causal patterns make the unsaid rest invisible.
    /// </summary>
    /// <param name="text">Tokens <c>[B, N]</c>, 0 where padded.</param>
    /// <param name="most">Decoder steps at most.</param>
    /// <returns>Mel frames <c>[B, most·F, bands]</c>, and how many of each row were said.</returns>
    public (Tensor Mel, int[] Frames) Speak(Tensor text, int most)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (rows, size) = (text.shape[0], _settings.Bands * _settings.FramesPerStep);
        var context = Encode(text);
        var before = zeros([rows, most, size], dtype: context.dtype, device: text.device);
        var said = zeros([rows, most, size], dtype: context.dtype, device: text.device);
        var ends = Enumerable.Repeat(most, (int)rows).ToArray();
        var steps = 0;
        for (; steps < most && ends.Any(end => end > steps); steps++)
        {
            using var inner = NewDisposeScope();
            var (coarse, stops) = Steps(before, context, text);
            said[.., steps] = coarse[.., steps];
            if (steps + 1 < most)
            {
                before[.., steps + 1] = coarse[.., steps];
            }

            var ended = stops[.., steps].gt(0).cpu().data<bool>().ToArray();
            for (var row = 0; row < rows; row++)
            {
                ends[row] = ended[row] ? Math.Min(ends[row], steps + 1) : ends[row];
            }
        }

        var mel = Correct(said).view(rows, most * _settings.FramesPerStep, _settings.Bands);
        return (mel.MoveToOuterDisposeScope(), [.. ends.Select(end => end * _settings.FramesPerStep)]);
    }

    private (Tensor Coarse, Tensor Stop) Steps(Tensor before, Tensor context, Tensor text)
    {
        var hidden = dropout.forward(Positioned(frameProjection.forward(prenet.forward(before)), frameScale));
        var mask = Mask(text);
        foreach (var block in decoder)
        {
            hidden = block.forward(new BlockInputs(hidden) { Context = context, ContextMask = mask });
        }

        hidden = frameNorm.forward(hidden);
        return (output.forward(hidden), stop.forward(hidden).squeeze(2));
    }

    private Tensor Correct(Tensor coarse)
    {
        var correction = coarse;
        foreach (var convolution in postnet)
        {
            correction = convolution.forward(correction);
        }

        return coarse + correction;
    }

    /// <summary>Null where nothing is padded: attention without a mask is faster.</summary>
    private static Tensor? Mask(Tensor text)
    {
        var mask = text.ne(0);
        return mask.all().item<bool>() ? null : mask;
    }

    private Tensor Positioned(Tensor hidden, Parameter scale) =>
        hidden + (scale * Sinusoids.Of(hidden.shape[1], _settings.Width, first: 1, dtype: hidden.dtype, device: hidden.device));
}
