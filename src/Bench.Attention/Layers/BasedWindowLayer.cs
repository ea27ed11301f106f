using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>Options of Based's sliding window.</summary>
public sealed record BasedWindowOptions
{
    /// <summary>w: a query sees the w keys before it and itself, so w + 1 keys.</summary>
    [Range(0, 65536)]
    public int Window { get; set; } = 64;
}

/// <summary>Based's exact local attention: softmax over keys i − w … i (w + 1 keys, unlike the usual convention), one head.</summary>
/// <remarks>Arora et al., arXiv:2402.18668, section 4.2.</remarks>
[Attention("based-window/naive", AttentionPattern.CausalSelf,
    Title = "Based sliding window", Paper = "arXiv:2402.18668", Time = "O(N²·D)", Memory = "O(N²)", State = "2H·D·(w + 1)", Reference = true)]
public sealed class BasedWindowLayer : AttentionLayer
{
    private readonly BasedWindowOptions _options;
    private readonly Linear Wqkv;
    private readonly Linear out_proj;

    /// <summary>Builds the layer.</summary>
    public BasedWindowLayer(AttentionSettings settings, BasedWindowOptions options)
        : base(settings)
    {
        _options = options;
        Wqkv = nn.Linear(settings.ModelSize, 3 * settings.ModelSize);
        out_proj = nn.Linear(settings.ModelSize, settings.ModelSize);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var parts = Parts(inputs.Hidden);
        var scores = (parts[0] / Math.Sqrt(Settings.HeadSize)).matmul(parts[1].transpose(-2, -1)); // [B, H, N, N]
        var seen = ones(scores.shape[2], scores.shape[2], dtype: ScalarType.Bool, device: scores.device).tril().triu(-_options.Window);
        // A padded row sees itself, so that no softmax is empty.
        seen = inputs.KeyMask is { } mask
            ? seen.logical_and(mask.unsqueeze(1).unsqueeze(1)).logical_or(eye(scores.shape[2], dtype: ScalarType.Bool, device: scores.device))
            : seen;
        var output = scores.masked_fill(seen.logical_not(), double.NegativeInfinity).softmax(-1).matmul(parts[2]);
        return out_proj.forward(output.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var parts = Parts(inputs.Hidden);
        var state = new KeyValueState(_options.Window + 1);
        state.Append(parts[1].detach(), parts[2].detach());
        return (forward(inputs).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var (parts, kept) = (Parts(token.Hidden), (KeyValueState)state);
        kept.Append(parts[1].detach(), parts[2].detach());
        var weights = (parts[0] / Math.Sqrt(Settings.HeadSize)).matmul(kept.Keys.transpose(-2, -1)).softmax(-1); // [B, H, 1, L]
        return out_proj.forward(weights.matmul(kept.Values).transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => 2L * Settings.ModelSize * Math.Min(shape.Length, _options.Window + 1);

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double width = Settings.ModelSize, tokens = (double)shape.Batch * shape.Length, window = Math.Min(_options.Window + 1, shape.Length);
        return new AttentionCost(
            tokens * ((8 * width * width) + (4 * width * window)),
            (2 * tokens * width) + (4 * width * width),
            (tokens * 4 * width) + (2.0 * shape.Batch * Settings.Heads * shape.Length * shape.Length));
    }

    /// <summary>Queries, keys and values, <c>[3, B, H, N, D]</c>.</summary>
    private Tensor Parts(Tensor hidden) => Wqkv.forward(hidden).unflatten(2, [3, Settings.Heads, -1]).permute(2, 0, 3, 1, 4);
}
