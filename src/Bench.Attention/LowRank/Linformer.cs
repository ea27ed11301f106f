using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.LowRank;

/// <summary>
/// Linformer: keys and values projected along the sequence, softmax(q (Eᵀk)ᵀ/√D) Fᵀv, E and F shared by the heads. O(N·k·D) time, O(N·k)
/// memory. Lengths up to <see cref="AttentionSettings.MaxLength"/>; shorter ones use the first rows. No causal form: the projection mixes time.
/// </summary>
/// <remarks>Wang et al., "Linformer", arXiv:2006.04768, section 4.</remarks>
[Attention("linformer/projected", AttentionPattern.NoncausalSelf, AttentionPattern.NoncausalCross,
    Extensions = [AttentionPattern.CausalCross],
    Title = "Linformer", Paper = "arXiv:2006.04768", Time = "O(N·k·D)", Memory = "O(N·k)", State = "2·k·H·D", Reference = true)]
public sealed class Linformer : AttentionOperator
{
    private readonly LinformerOptions _options;

    /// <summary>Projections start uniform in ±1/√k.</summary>
    public Linformer(AttentionSettings settings, LinformerOptions options)
        : base(settings)
    {
        _options = options;
        foreach (var name in options.Shared ? ["proj_k"] : new[] { "proj_k", "proj_v" })
        {
            var weight = empty(settings.WeightLength, options.Rank);
            nn.init.uniform_(weight, -1 / Math.Sqrt(options.Rank), 1 / Math.Sqrt(options.Rank));
            register_parameter(name, new Parameter(weight));
        }
    }

    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern.IsCross;

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (keys, values) = Project(inputs);
        return Read(inputs.Query, keys, values).MoveToOuterDisposeScope(); // [B, H, N, Dv]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        using var scope = NewDisposeScope();
        var (keys, values) = Project(inputs);
        var state = new TensorState { Position = inputs.Query.shape[2] };
        (state["k"], state["v"]) = (keys.detach(), values.detach());
        return (Read(inputs.Query, keys, values).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        state.Position++;
        return Read(token.Query, state.Tensors["k"], state.Tensors["v"]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        Decodes ? (long)_options.Rank * Settings.KeyValueHeads * (Settings.HeadSize + Settings.ValueSize) : 0;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, m = shape.SourceLength, k = _options.Rank, width = shape.HeadSize + shape.ValueSize;
        return new AttentionCost(
            shape.Batch * (Settings.KeyValueHeads * 2 * m * k * width + Settings.Heads * n * k * (2 * width + 5)),
            AttentionCost.InputOutputElements(shape),
            shape.Rows * (2 * n * k + k * width + n * shape.ValueSize));
    }

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => shape.SourceLength > Settings.MaxLength
        ? $"length {shape.SourceLength} exceeds {nameof(AttentionSettings.MaxLength)} {Settings.MaxLength}, for which the projections were made"
        : null;

    private (Tensor Keys, Tensor Values) Project(AttentionInputs inputs)
    {
        var length = inputs.Key.shape[2];
        if (length > Settings.MaxLength)
        {
            throw new ArgumentException(
                $"Length {length} exceeds {nameof(AttentionSettings.MaxLength)} {Settings.MaxLength}, for which the projections were made.");
        }

        Tensor Along(string name, Tensor rows)
        {
            var kept = inputs.KeyMask is { } mask ? rows * mask.to(rows.dtype)[.., TensorIndex.None, .., TensorIndex.None] : rows;
            return get_parameter(name)!.narrow(0, 0, length).transpose(0, 1).matmul(kept); // [B, Hk, k, D]
        }

        return (Along("proj_k", inputs.Key), Along(_options.Shared ? "proj_k" : "proj_v", inputs.Value));
    }

    private Tensor Read(Tensor query, Tensor keys, Tensor values) =>
        (query / Math.Sqrt(Settings.HeadSize)).matmul(GroupedHeads.Expand(keys, Settings.Heads).transpose(-2, -1)).softmax(-1)
            .matmul(GroupedHeads.Expand(values, Settings.Heads));
}
