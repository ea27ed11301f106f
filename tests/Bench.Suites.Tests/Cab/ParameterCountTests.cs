using Bench.Domain.Matrix;
using Bench.Suites.Cab;
using Bench.Suites.Cab.Speech;
using Bench.Suites.Cab.Text;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Cab;

/// <summary>The published backbones have the published numbers of parameters.</summary>
[Trait("Category", "Slow")]
public sealed class ParameterCountTests
{
    private static readonly BackboneAttention Softmax = new("softmax/sdpa", AttentionPattern.NoncausalSelf);

    /// <summary>124,439,808: the released GPT-2 small (Radford et al., 2019) with tied embeddings.</summary>
    [Fact]
    public void Gpt2_small_has_124_million()
    {
        using var model = new GptModel(GptSettings.Gpt2Small, Softmax);

        Assert.Equal(124_439_808, Count(model));
    }

    /// <summary>About 125 million (Liu et al., arXiv:1907.11692, appendix); the released base model with its head has 124,697,433.</summary>
    [Fact]
    public void Roberta_base_has_125_million()
    {
        using var model = new RobertaModel(RobertaSettings.Base, Softmax);

        // The released one has a row of token types more.
        Assert.Equal(124_697_433 - 768, Count(model));
    }

    /// <summary>By hand from CAB's configuration: 6 + 6 layers, width 512, feed-forward 2,048, 50,265 tokens, 4,096 and 512 positions.</summary>
    [Fact]
    public void The_summariser_has_what_its_configuration_says()
    {
        using var model = new SummaryModel(SummarySettings.Cab, Softmax);

        const long Attention = 4 * ((512 * 512) + 512);
        const long Norm = 2 * 512;
        const long FeedForward = (512 * 2048) + 2048 + (2048 * 512) + 512;
        const long Encoder = 6 * (Attention + FeedForward + (2 * Norm));
        const long Decoder = 6 * ((2 * Attention) + FeedForward + (3 * Norm));
        Assert.Equal(((50265 + 4096 + 512) * 512) + (2 * Norm) + Encoder + Decoder, Count(model));
    }

    /// <summary>fairseq publishes 54 million (examples/speech_synthesis, LJSpeech); by hand with a vocabulary of 76 phonemes.</summary>
    [Fact]
    public void Transformer_tts_has_54_million()
    {
        using var model = new TransformerTts(new TransformerTtsSettings { Vocabulary = 76 }, Softmax);

        const long Attention = 4 * ((512 * 512) + 512);
        const long Norm = 2 * 512;
        const long FeedForward = (512 * 2048) + 2048 + (2048 * 512) + 512;
        const long Convolution = (5 * 512 * 512) + 512 + Norm;
        const long Encoder = (76 * 512) + (3 * Convolution) + ((512 * 512) + 512) + 1 + (6 * (Attention + FeedForward + (2 * Norm))) + Norm;
        const long Prenet = ((320 * 256) + 256) + ((256 * 256) + 256) + ((256 * 512) + 512);
        const long Postnet = ((5 * 320 * 512) + 512 + Norm) + (3 * Convolution) + ((5 * 512 * 320) + 320 + 640);
        const long Decoder = 1 + (6 * ((2 * Attention) + FeedForward + (3 * Norm))) + Norm + ((512 * 320) + 320) + (512 + 1);
        Assert.Equal(Encoder + Prenet + Decoder + Postnet, Count(model));
        Assert.InRange(Count(model), 54e6 * 0.99, 54e6 * 1.01);
    }

    /// <summary>fairseq publishes 41 million (examples/speech_synthesis, LJSpeech); by hand with a vocabulary of 76 phonemes.</summary>
    [Fact]
    public void Fastspeech2_has_41_million()
    {
        using var model = new FastSpeech2(new FastSpeech2Settings { Vocabulary = 76 }, Softmax);

        const long Norm = 2 * 256;
        const long Block = (4 * ((256 * 256) + 256)) + Norm + ((9 * 256 * 1024) + 1024) + ((9 * 1024 * 256) + 256) + Norm;
        const long Predictor = (2 * ((3 * 256 * 256) + 256 + Norm)) + 256 + 1;
        Assert.Equal((76 * 256) + 2 + (8 * Block) + (3 * Predictor) + (2 * 256 * 256) + ((256 * 80) + 80), Count(model));
        Assert.InRange(Count(model), 41e6 * 0.99, 41e6 * 1.01);
    }

    private static long Count(nn.Module model) => model.parameters().DistinctBy(parameter => parameter.Handle).Sum(parameter => parameter.numel());
}
