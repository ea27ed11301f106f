using Bench.Attention.Hybrid;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>Titans' layers whose attention slides: persistent tokens and the newest tokens of a window.</summary>
public abstract class TitansWindowLayer(AttentionSettings settings, TitansLayerOptions options) : TitansLayer(settings, options)
{
    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        MemorySize(shape) + (2L * Settings.ModelSize * Math.Min(shape.Length, Options.Window));

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var hidden = inputs.Hidden;
        using var first = FirstMemory(hidden.shape[0]);
        var (remembered, kept) = LearnAndKeep(Remembered(hidden, null, first));
        var attended = Attended(ToAttention(hidden, remembered));
        var window = new KeyValueState(Options.Window);
        window.Append(attended.Key.detach(), attended.Value.detach());
        var output = Combine(Slide(attended, hidden.shape[0], null), remembered);
        return (output.MoveToOuterDisposeScope(), new HybridState([kept, window]) { Position = hidden.shape[1] });
    }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var hidden = inputs.Hidden;
        using var first = FirstMemory(hidden.shape[0]);
        var (remembered, _) = Learn(Remembered(hidden, inputs.KeyMask, first));       // [B, H, N, D]
        return Combine(Slide(Attended(ToAttention(hidden, remembered)), hidden.shape[0], inputs.KeyMask), remembered).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (HybridState)state;
        var remembered = LearnOne(Remembered(token.Hidden, null, null), kept.Layers[0]);
        var (query, key, value) = Attended(ToAttention(token.Hidden, remembered));
        var window = (KeyValueState)kept.Layers[1];
        window.Append(key.detach(), value.detach());
        var (persistentKey, persistentValue) = Persistent(token.Hidden.shape[0]);
        var read = Attend(query, cat([persistentKey, window.Keys], 2), cat([persistentValue, window.Values], 2), null);
        kept.Position++;
        return Combine(read, remembered).MoveToOuterDisposeScope();
    }

    /// <summary>The hidden states that attention is over.</summary>
    protected abstract Tensor ToAttention(Tensor hidden, Tensor remembered);

    /// <summary>The layer's output <c>[B, N, C]</c> from what attention and memory gave, <c>[B, H, N, D]</c>.</summary>
    protected abstract Tensor Combine(Tensor attended, Tensor remembered);

    private Tensor Slide((Tensor Query, Tensor Key, Tensor Value) attended, long batch, Tensor? mask)
    {
        var length = attended.Query.shape[2];
        var (persistentKey, persistentValue) = Persistent(batch);
        var seen = ones(length, length, dtype: ScalarType.Bool, device: attended.Query.device).tril().triu(1 - Options.Window);
        // A padded row sees itself, so that no softmax is empty.
        seen = mask is null
            ? seen.unsqueeze(0)
            : seen.logical_and(mask.unsqueeze(1)).logical_or(eye(length, dtype: ScalarType.Bool, device: seen.device)); // [B or 1, N, N]
        var always = ones(seen.shape[0], length, Options.Persistent, dtype: ScalarType.Bool, device: seen.device);
        return Attend(
            attended.Query, cat([persistentKey, attended.Key], 2), cat([persistentValue, attended.Value], 2), cat([always, seen], 2).unsqueeze(1));
    }
}

/// <summary>Memory as a gate: sliding-window attention and memory side by side on the same input, <c>norm(attention) ⊙ σ(norm(memory))</c>.</summary>
[Attention("titans-mag/window", AttentionPattern.CausalSelf,
    Title = "Titans MAG", Paper = "arXiv:2501.00663", Time = "O(N²·D)", Memory = "O(N²)", State = "2H·D² + 2E·w and a chunk", Reference = true)]
public sealed class TitansGateLayer : TitansWindowLayer
{
    private readonly Layers.RootMeanSquareNorm attention_norm;
    private readonly Layers.RootMeanSquareNorm memory_norm;

    /// <summary>Builds the layer.</summary>
    public TitansGateLayer(AttentionSettings settings, TitansLayerOptions options)
        : base(settings, options)
    {
        attention_norm = new Layers.RootMeanSquareNorm(settings.ModelSize, 1e-6);
        memory_norm = new Layers.RootMeanSquareNorm(settings.ModelSize, 1e-6);
        register_module("attention_norm", attention_norm);
        register_module("memory_norm", memory_norm);
    }

    /// <inheritdoc />
    protected override Tensor ToAttention(Tensor hidden, Tensor remembered) => hidden;

    /// <inheritdoc />
    protected override Tensor Combine(Tensor attended, Tensor remembered) =>
        attention_norm.forward(Joined(attended)) * memory_norm.forward(Flat(remembered)).sigmoid();
}

/// <summary>Memory as a layer: sliding-window attention over what the memory gives.</summary>
[Attention("titans-mal/window", AttentionPattern.CausalSelf,
    Title = "Titans MAL", Paper = "arXiv:2501.00663", Time = "O(N²·D)", Memory = "O(N²)", State = "2H·D² + 2E·w and a chunk", Reference = true)]
public sealed class TitansStackedLayer(AttentionSettings settings, TitansLayerOptions options) : TitansWindowLayer(settings, options)
{
    /// <inheritdoc />
    protected override Tensor ToAttention(Tensor hidden, Tensor remembered) => Flat(remembered);

    /// <inheritdoc />
    protected override Tensor Combine(Tensor attended, Tensor remembered) => Joined(attended);
}
