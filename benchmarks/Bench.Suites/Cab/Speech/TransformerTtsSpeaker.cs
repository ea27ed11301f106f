using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// Transformer-TTS in training with the true frames before given: mean absolute and mean squared errors of frames before and after the postnet, and the
/// cross entropy of the last step, which weighs five times as much as another one.
/// </summary>
/// <remarks>Li et al., arXiv:1809.08895; Tacotron 2's loss as in fairseq, with CAB's weight of 5.</remarks>
/// <param name="model">The model.</param>
/// <param name="settings">Its numbers.</param>
internal sealed class TransformerTtsSpeaker(TransformerTts model, TransformerTtsSettings settings) : ISpeaker
{
    private const float StopWeight = 5;

    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public int FramesPerStep => settings.FramesPerStep;

    /// <inheritdoc />
    public Tensor Loss(SpeechBatch batch, Device device)
    {
        var (steps, size) = (batch.Frames / FramesPerStep, FramesPerStep * batch.Bands);
        var text = ArrayTensor.Of(batch.Text, device, batch.Rows, batch.TextLength);
        var mel = ArrayTensor.Of(batch.Mel, device, batch.Rows, steps, size);
        var before = cat([zeros_like(mel.narrow(1, 0, 1)), mel.narrow(1, 0, steps - 1)], 1).to(model.parameters().First().dtype);
        var said = model.Decode(before, model.Encode(text), text);
        var counts = batch.Counts.Select(count => (count + FramesPerStep - 1) / FramesPerStep).ToArray();
        var real = new bool[batch.Rows * steps];
        var last = new float[batch.Rows * steps];
        for (var row = 0; row < batch.Rows; row++)
        {
            Array.Fill(real, true, row * steps, counts[row]);
            last[(row * steps) + counts[row] - 1] = 1;
        }

        var mask = ArrayTensor.Of(real, device, batch.Rows, steps);
        Tensor Errors(Tensor frames)
        {
            var difference = (frames.to(ScalarType.Float32) - mel).masked_select(mask.unsqueeze(2));
            return difference.abs().mean() + difference.square().mean();
        }

        var stop = nn.functional.binary_cross_entropy_with_logits(
            said.Stop.to(ScalarType.Float32).masked_select(mask), ArrayTensor.Of(last, device, batch.Rows, steps).masked_select(mask),
            pos_weights: tensor(StopWeight, device: device));
        return Errors(said.Coarse) + Errors(said.Mel) + stop;
    }

    /// <inheritdoc />
    public (Tensor Mel, int[] Frames) Speak(Tensor text, int mostFrames) => model.Speak(text, (mostFrames + FramesPerStep - 1) / FramesPerStep);
}
