namespace Bench.Suites.Cab.Speech;

/// <summary>A spoken text.</summary>
/// <param name="Tokens">Letters or phonemes <c>[N]</c>, from 1; 0 pads.</param>
/// <param name="Samples">The waveform.</param>
/// <param name="Durations">Spectrogram frames of each token <c>[N]</c>; their sum is the number of frames. Null where nobody measured them.</param>
/// <param name="Pitch">Pitch of each token <c>[N]</c> as log Hz, 0 where it has none; null where nobody measured it.</param>
public sealed record Utterance(int[] Tokens, float[] Samples, int[]? Durations, float[]? Pitch);

/// <summary>Spoken texts in three parts, all in one rate and alphabet.</summary>
/// <param name="Spectrogram">Features that models learn.</param>
/// <param name="Vocabulary">Tokens are 1 … Vocabulary − 1; 0 pads.</param>
/// <param name="Train">For training.</param>
/// <param name="Validation">For choosing the checkpoint.</param>
/// <param name="Test">For the reported figures.</param>
public sealed record SpeechCorpus(
    SpectrogramSettings Spectrogram, int Vocabulary, IReadOnlyList<Utterance> Train, IReadOnlyList<Utterance> Validation, IReadOnlyList<Utterance> Test);
