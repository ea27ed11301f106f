using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// FastSpeech 2 in training: mean absolute error of frames, and mean squared errors of log durations, pitch and energy.
/// </summary>
/// <remarks>Ren et al., arXiv:2006.04558, section 2; the same four losses with equal weights as fairseq.</remarks>
/// <param name="model">The model.</param>
internal sealed class FastSpeech2Speaker(FastSpeech2 model) : ISpeaker
{
    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public int FramesPerStep => 1;

    /// <inheritdoc />
    public Tensor Loss(SpeechBatch batch, Device device)
    {
        var text = ArrayTensor.Of(batch.Text, device, batch.Rows, batch.TextLength);
        var durations = ArrayTensor.Of(batch.Durations, device, batch.Rows, batch.TextLength);
        var type = model.parameters().First().dtype;
        var pitch = ArrayTensor.Of(batch.Pitch, device, batch.Rows, batch.TextLength).to(type);
        var energy = ArrayTensor.Of(batch.Energy, device, batch.Rows, batch.TextLength).to(type);
        var said = model.Speak(text, (durations, pitch, energy));
        var mel = ArrayTensor.Of(batch.Mel, device, batch.Rows, batch.Frames, batch.Bands);
        var real = text.ne(0);
        Tensor Squares(Tensor one, Tensor other) => (one.to(ScalarType.Float32) - other).square().masked_select(real).mean();
        return (said.Mel.to(ScalarType.Float32) - mel).abs().masked_select(said.FrameMask.unsqueeze(2)).mean()
            + Squares(said.LogDurations, (durations.to(ScalarType.Float32) + 1).log())
            + Squares(said.Pitch, pitch.to(ScalarType.Float32))
            + Squares(said.Energy, energy.to(ScalarType.Float32));
    }

    /// <inheritdoc />
    public (Tensor Mel, int[] Frames) Speak(Tensor text, int mostFrames)
    {
        using var scope = NewDisposeScope();
        var said = model.Speak(text, null);
        var counts = said.FrameMask.sum(1).cpu().data<long>().ToArray();
        var frames = Math.Min(mostFrames, said.Mel.shape[1]);
        return (said.Mel.narrow(1, 0, frames).clone().MoveToOuterDisposeScope(), [.. counts.Select(count => (int)Math.Min(frames, count))]);
    }
}
