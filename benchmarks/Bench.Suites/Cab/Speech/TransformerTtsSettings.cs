namespace Bench.Suites.Cab.Speech;

/// <summary>Numbers of a <see cref="TransformerTts"/>.</summary>
public sealed record TransformerTtsSettings
{
    /// <summary>V: text tokens, 0 pads.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Blocks of the encoder, and of the decoder.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>E.</summary>
    public int Width { get; init; } = 512;

    /// <summary>H.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Mel bands.</summary>
    public int Bands { get; init; } = 80;

    /// <summary>Frames that a decoder step says at once.</summary>
    public int FramesPerStep { get; init; } = 4;

    /// <summary>Convolutions before the encoder.</summary>
    public int EncoderConvolutions { get; init; } = 3;

    /// <summary>Frames or tokens under each convolution.</summary>
    public int Kernel { get; init; } = 5;

    /// <summary>Width of the two layers that the last frames pass before the decoder.</summary>
    public int PrenetWidth { get; init; } = 256;

    /// <summary>Convolutions that correct the decoder's frames.</summary>
    public int PostnetConvolutions { get; init; } = 5;

    /// <summary>Their channels.</summary>
    public int PostnetWidth { get; init; } = 512;

    /// <summary>Longest text, and most decoder steps.</summary>
    public int MaxLength { get; init; } = 1200;

    /// <summary>Dropout of hidden states, attention weights and inside feed-forward networks.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Dropout of the convolutions and of the prenet.</summary>
    public double ConvolutionDropout { get; init; } = 0.5;

    /// <summary>Numbers of a block: pre-norm, ReLU, feed-forward width 4·E.</summary>
    public BlockSettings Block => new(Width, Heads, 4 * Width, MaxLength)
    {
        NormFirst = true,
        Dropout = Dropout,
        AttentionDropout = Dropout,
        InnerDropout = Dropout,
    };
}
