namespace Bench.Suites.Cab.Speech;

/// <summary>Which frequencies a mel scale spreads evenly, and how its filters are scaled.</summary>
public enum MelScale
{
    /// <summary>2595·log₁₀(1 + f/700); triangles of height 1, as torchaudio's default.</summary>
    Htk,

    /// <summary>Linear below 1 kHz, logarithmic above; triangles of area 1, as librosa's default and fairseq's text-to-speech features.</summary>
    Slaney,
}

/// <summary>Numbers of a mel spectrogram.</summary>
public sealed record SpectrogramSettings
{
    /// <summary>Samples per second.</summary>
    public required int SampleRate { get; init; }

    /// <summary>Samples under the Hann window; also the length of the transform. Even.</summary>
    public required int Window { get; init; }

    /// <summary>Samples between two frames.</summary>
    public required int Hop { get; init; }

    /// <summary>Mel bands.</summary>
    public int Bands { get; init; } = 80;

    /// <summary>Lower edge of the lowest band, in Hz.</summary>
    public double LowestFrequency { get; init; } = 20;

    /// <summary>Upper edge of the highest band, in Hz; at most half the sample rate.</summary>
    public required double HighestFrequency { get; init; }

    /// <summary>Spacing and scale of the bands.</summary>
    public MelScale Scale { get; init; } = MelScale.Slaney;

    /// <summary>1 for magnitudes, 2 for power.</summary>
    public int Power { get; init; } = 1;

    /// <summary>fairseq's features for LJSpeech: 22.05 kHz, window 1024, hop 256, 80 bands from 20 to 8000 Hz of the magnitude.</summary>
    public static SpectrogramSettings LjSpeech { get; } = new() { SampleRate = 22050, Window = 1024, Hop = 256, HighestFrequency = 8000 };
}
