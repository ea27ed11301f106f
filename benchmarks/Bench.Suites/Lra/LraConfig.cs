namespace Bench.Suites.Lra;

/// <summary>How a sequence becomes one vector.</summary>
public enum Pooling
{
    /// <summary>A learned vector in front of the sequence.</summary>
    Class,

    /// <summary>The mean over the sequence.</summary>
    Mean,
}

/// <summary>What tells an encoder where a token stands.</summary>
public enum PositionKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Fixed sines and cosines, added.</summary>
    Sinusoidal,

    /// <summary>A learned vector for each place, N(0, 0.02), added.</summary>
    Learned,
}

/// <summary>Which encoder and head are built.</summary>
public enum EncoderKind
{
    /// <summary>LayerNorm, attention, LayerNorm, two-layer perceptron; the encoder of the Long Range Arena.</summary>
    Transformer,

    /// <summary>One norm and the mixer with a gated linear unit behind it; the block of S4 with its state space replaced.</summary>
    Mixer,
}

/// <summary>Where the norm of a mixer block stands, and which one.</summary>
public enum NormKind
{
    /// <summary>LayerNorm before the mixer.</summary>
    PreLayer,

    /// <summary>LayerNorm after the residual.</summary>
    PostLayer,

    /// <summary>BatchNorm over features before the mixer.</summary>
    PreBatch,

    /// <summary>BatchNorm over features after the residual.</summary>
    PostBatch,
}

/// <summary>A model and a training of the Long Range Arena as numbers: published ones are data in <see cref="LraConfigs"/>.</summary>
public sealed record LraConfig
{
    /// <summary>Which encoder and head.</summary>
    public EncoderKind Encoder { get; init; }

    /// <summary>Blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>H.</summary>
    public required int Heads { get; init; }

    /// <summary>D; queries, keys and values have H·D numbers together.</summary>
    public required int HeadSize { get; init; }

    /// <summary>E: size of hidden states.</summary>
    public required int Width { get; init; }

    /// <summary>Inner size of the perceptrons in blocks and head.</summary>
    public required int Mlp { get; init; }

    /// <summary>Dropout on embeddings and in blocks.</summary>
    public double Dropout { get; init; }

    /// <summary>Dropout on attention weights, for mechanisms that have it.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Whether the projections of attention have biases.</summary>
    public bool ProjectionBias { get; init; } = true;

    /// <summary>How the sequence becomes one vector.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Whether the mean counts padding too, as the original does.</summary>
    public bool PoolsPadding { get; init; }

    /// <summary>Whether tokens of id 0 inside a sequence are hidden from attention like padding: black pixels in the original.</summary>
    public bool HidesZeros { get; init; }

    /// <summary>What tells places.</summary>
    public PositionKind Positions { get; init; } = PositionKind.Sinusoidal;

    /// <summary>Norm of mixer blocks.</summary>
    public NormKind Norm { get; init; } = NormKind.PreLayer;

    /// <summary>Whether pixels enter as numbers through a linear map instead of as tokens.</summary>
    public bool LinearInput { get; init; }

    /// <summary>Whether the head of pairs also sees product and difference of both vectors.</summary>
    public bool Interaction { get; init; }

    /// <summary>Rows of a step.</summary>
    public required int Batch { get; init; }

    /// <summary>L.</summary>
    public required int Length { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Base rate that the schedule multiplies.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Name of the schedule: <c>rsqrt</c>, <c>cosine-cycles</c> (both of the arena) or <c>cosine</c>.</summary>
    public required string Schedule { get; init; }

    /// <summary>Steps of the warm-up.</summary>
    public required int Warmup { get; init; }

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Adam's second beta; the first is 0.9.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>Adam's epsilon.</summary>
    public double Epsilon { get; init; } = 1e-9;

    /// <summary>Largest norm of all gradients together; null for no limit.</summary>
    public double? ClipNorm { get; init; }
}
