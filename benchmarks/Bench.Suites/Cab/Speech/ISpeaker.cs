using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>A text-to-speech backbone as the task sees it.</summary>
internal interface ISpeaker
{
    /// <summary>The model.</summary>
    nn.Module Model { get; }

    /// <summary>Frames that it says at once; batches are padded to a multiple.</summary>
    int FramesPerStep { get; }

    /// <summary>Mean loss of a batch.</summary>
    Tensor Loss(SpeechBatch batch, Device device);

    /// <summary>Standardised log-mel frames <c>[B, T, bands]</c> of texts <c>[B, N]</c>, and the real ones of each row.</summary>
    /// <param name="text">Tokens, 0 where padded.</param>
    /// <param name="mostFrames">Frames after which speech ends at the latest.</param>
    (Tensor Mel, int[] Frames) Speak(Tensor text, int mostFrames);
}
