namespace Bench.Suites.Cab.Speech;

/// <summary>Texts with their spectrograms, row-major, padded on the right.</summary>
/// <param name="Rows">B.</param>
/// <param name="TextLength">N: tokens of the longest text.</param>
/// <param name="Frames">T: frames of the longest utterance, a multiple of the frames that a model says at once.</param>
/// <param name="Bands">Mel bands.</param>
/// <param name="Text">Tokens <c>[B, N]</c>, 0 where padded.</param>
/// <param name="Durations">Frames of each token <c>[B, N]</c>; empty where nobody measured them.</param>
/// <param name="Pitch">Standardised pitch <c>[B, N]</c>.</param>
/// <param name="Energy">Standardised energy <c>[B, N]</c>.</param>
/// <param name="Mel">Standardised log-mel frames <c>[B, T, bands]</c>, 0 where padded.</param>
/// <param name="Counts">Real frames of each row <c>[B]</c>.</param>
public sealed record SpeechBatch(
    int Rows, int TextLength, int Frames, int Bands, long[] Text, long[] Durations, float[] Pitch, float[] Energy, float[] Mel, int[] Counts);
