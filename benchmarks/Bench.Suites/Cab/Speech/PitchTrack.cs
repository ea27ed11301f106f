namespace Bench.Suites.Cab.Speech;

/// <summary>Pitch of speech by autocorrelation.</summary>
internal static class PitchTrack
{
    private const double Lowest = 60;
    private const double Highest = 400;
    private const double Voiced = 0.5;

    /// <summary>
    /// Log of the frequency whose period explains a frame best, for each frame; 0 where the normalised autocorrelation stays below one half.
    /// </summary>
    /// <remarks>The simplest estimator of Rabiner, 1977; CAB takes WORLD's, so pitch values differ a little from the published ones.</remarks>
    /// <param name="samples">Waveform.</param>
    /// <param name="settings">Rate, window and hop.</param>
    /// <param name="frames">Frames to judge.</param>
    public static float[] Of(float[] samples, SpectrogramSettings settings, int frames)
    {
        var (shortest, longest) = ((int)(settings.SampleRate / Highest), (int)(settings.SampleRate / Lowest));
        var pitch = new float[frames];
        for (var frame = 0; frame < frames; frame++)
        {
            var start = Math.Max(0, (frame * settings.Hop) - (settings.Window / 2));
            var end = Math.Min(samples.Length, start + settings.Window + longest);
            var best = (Lag: 0, Value: Voiced);
            for (var lag = shortest; lag <= longest && start + lag < end - shortest; lag++)
            {
                double product = 0, one = 1e-9, other = 1e-9;
                for (var i = start; i + lag < end; i++)
                {
                    product += samples[i] * samples[i + lag];
                    one += samples[i] * samples[i];
                    other += samples[i + lag] * samples[i + lag];
                }

                var value = product / Math.Sqrt(one * other);
                // A multiple of the period fits as well; only a clearly better lag replaces a shorter one.
                best = value > best.Value + 0.02 ? (lag, value) : best;
            }

            pitch[frame] = best.Lag == 0 ? 0 : (float)Math.Log((double)settings.SampleRate / best.Lag);
        }

        return pitch;
    }
}
