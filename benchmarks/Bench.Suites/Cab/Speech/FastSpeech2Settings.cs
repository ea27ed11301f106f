using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Cab.Speech;

/// <summary>Numbers of a <see cref="FastSpeech2"/>.</summary>
public sealed record FastSpeech2Settings
{
    /// <summary>V: text tokens, 0 pads.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Blocks of the encoder, and of the decoder.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>E.</summary>
    public int Width { get; init; } = 256;

    /// <summary>H.</summary>
    public int Heads { get; init; } = 2;

    /// <summary>Channels between the two convolutions of a block.</summary>
    public int Inner { get; init; } = 1024;

    /// <summary>Frames under the convolutions of a block.</summary>
    public int Kernel { get; init; } = 9;

    /// <summary>Channels of the predictors of duration, pitch and energy.</summary>
    public int PredictorWidth { get; init; } = 256;

    /// <summary>Steps into which pitch and energy are cut.</summary>
    public int Bins { get; init; } = 256;

    /// <summary>Mel bands.</summary>
    public int Bands { get; init; } = 80;

    /// <summary>Longest sequence of frames.</summary>
    public int MaxLength { get; init; } = 1200;

    /// <summary>Dropout.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Dropout of the predictors.</summary>
    public double PredictorDropout { get; init; } = 0.5;

    /// <summary>Settings of the attention in layer <paramref name="layer"/> of encoder and decoder together.</summary>
    public AttentionSettings Attention(int layer) => new(AttentionPattern.NoncausalSelf, Heads, Width / Heads)
    {
        ModelSize = Width,
        MaxLength = MaxLength,
        Layer = layer,
        Depth = 2 * Layers,
        Dropout = Dropout,
    };
}
