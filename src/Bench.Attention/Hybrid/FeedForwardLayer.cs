using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Hybrid;

/// <summary><c>W₂ gelu(W₁ x)</c> with four times the width inside: mixes channels, sees no other token, keeps no state.</summary>
public sealed class FeedForwardLayer : AttentionLayer
{
    private const int Expansion = 4;

    private readonly Linear fc1;
    private readonly Linear out_proj;

    /// <summary>Builds the layer for hidden states of the settings' width.</summary>
    public FeedForwardLayer(AttentionSettings settings)
        : base(settings)
    {
        fc1 = nn.Linear(settings.ModelSize, Expansion * settings.ModelSize);
        out_proj = nn.Linear(Expansion * settings.ModelSize, settings.ModelSize);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return out_proj.forward(nn.functional.gelu(fc1.forward(inputs.Hidden))).MoveToOuterDisposeScope(); // [B, N, C]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs) =>
        (forward(inputs), new TensorState { Position = inputs.Hidden.shape[1] });

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        state.Position++;
        return forward(token);
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double tokens = (double)shape.Batch * shape.Length, width = Settings.ModelSize;
        return new AttentionCost(
            tokens * 4 * Expansion * width * width, (2 * tokens * width) + (2 * Expansion * width * width), tokens * width * (1 + (2 * Expansion)));
    }
}
