using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>
/// Memory as context: segment by segment, every token reads the memory as it stood before its segment; attention is over persistent tokens, those
/// readings and the segment; what attention gives is written to the memory, and <c>y ⊙ σ(memory(y))</c> goes out.
/// </summary>
/// <remarks>
/// Behrouz et al., arXiv:2501.00663, section 4.1. A token sees the readings of its own segment only up to itself: they are made of the tokens,
/// and all of them at once would show it the future.
/// </remarks>
[Attention("titans-mac/segments", AttentionPattern.CausalSelf,
    Title = "Titans MAC", Paper = "arXiv:2501.00663", Time = "O(N·S·D)", Memory = "O(N·S)", Reference = true)]
public sealed class TitansContextLayer(AttentionSettings settings, TitansLayerOptions options) : TitansLayer(settings, options)
{
    /// <inheritdoc />
    public override bool Decodes => false;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var hidden = inputs.Hidden;
        var outputs = new List<Tensor>();
        var state = FirstMemory(hidden.shape[0]);
        for (long start = 0; start < hidden.shape[1]; start += Options.Window)
        {
            var count = Math.Min(Options.Window, hidden.shape[1] - start);
            var mask = inputs.KeyMask?.narrow(1, start, count);
            var attended = Within(Context(hidden.narrow(1, start, count), state.Tensors["m"]), mask); // [B, S, C]
            var (read, after) = Learn(Remembered(attended, mask, state));
            outputs.Add(attended * Flat(read).sigmoid());
            state.Dispose();
            state = new TensorState { ["m"] = after["m"], ["z"] = after["z"] };
        }

        state.Dispose();
        return cat(outputs, 1).MoveToOuterDisposeScope();                             // [B, N, C]
    }

    private (Tensor Query, Tensor Key, Tensor Value, Tensor ReadKey, Tensor ReadValue) Context(Tensor hidden, Tensor memory)
    {
        var (query, key, value) = Attended(hidden);
        var reading = Flat(Remembered(hidden, null, null).Query.matmul(memory));      // [B, S, C]
        var read = Attended(reading);
        return (query, key, value, read.Key, read.Value);
    }

    private Tensor Within((Tensor Query, Tensor Key, Tensor Value, Tensor ReadKey, Tensor ReadValue) own, Tensor? mask)
    {
        var length = own.Query.shape[2];
        var (persistentKey, persistentValue) = Persistent(own.Query.shape[0]);
        var seen = ones(length, length, dtype: ScalarType.Bool, device: own.Query.device).tril();
        // A padded row sees itself, so that no softmax is empty.
        seen = mask is null
            ? seen.unsqueeze(0)
            : seen.logical_and(mask.unsqueeze(1)).logical_or(eye(length, dtype: ScalarType.Bool, device: seen.device)); // [B or 1, S, S]
        var always = ones(seen.shape[0], length, Options.Persistent, dtype: ScalarType.Bool, device: seen.device);
        return Joined(Attend(
            own.Query, cat([persistentKey, own.ReadKey, own.Key], 2), cat([persistentValue, own.ReadValue, own.Value], 2),
            cat([always, seen, seen], 2).unsqueeze(1)));
    }
}
