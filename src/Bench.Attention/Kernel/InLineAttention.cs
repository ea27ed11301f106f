using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>Options of InLine attention.</summary>
public sealed record InLineAttentionOptions
{
    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool Bias { get; set; } = true;

    /// <summary>Tokens before the grid, which get no local residual.</summary>
    [Range(0, 16)]
    public int Prefix { get; set; } = 1;
}

/// <summary>
/// Linear attention with a normaliser that is subtracted: <c>o_i = (s/N) q_i (KᵀV) + (1 − s q_i·k̄) v̄</c>, s = 1/√D, so that the map from query to
/// weights is injective; plus a 3×3 convolution of the values on their square grid with weights predicted from the mean token.
/// </summary>
/// <remarks>Han et al., "Bridging the Divide: Reconsidering Softmax and Linear Attention", arXiv:2412.06590, sections 3 and 4. Weights sum to 1 and may be
/// negative.</remarks>
[Attention("inline-attention/linear", AttentionPattern.NoncausalSelf,
    Title = "InLine attention", Paper = "arXiv:2412.06590", Time = "O(N·D²)", Memory = "O(N·D)", Reference = true)]
public sealed class InLineAttention : AttentionLayer
{
    private readonly InLineAttentionOptions _options;
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly Sequential residual;

    /// <summary>Builds the layer.</summary>
    public InLineAttention(AttentionSettings settings, InLineAttentionOptions options)
        : base(settings)
    {
        _options = options;
        long width = settings.ModelSize;
        qkv = nn.Linear(width, 3 * width, hasBias: options.Bias);
        proj = nn.Linear(width, width);
        residual = nn.Sequential(
            ("0", nn.Conv1d(width, width, 1, groups: settings.Heads)),
            ("1", nn.GELU()),
            ("2", nn.Conv1d(width, 9 * width, 1, groups: settings.Heads)));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape)
    {
        var side = (int)Math.Sqrt(Math.Max(0, shape.Length - _options.Prefix));
        return side > 0 && (side * side) + _options.Prefix == shape.Length
            ? null
            : $"length {shape.Length} less {_options.Prefix} prefix tokens is no square grid";
    }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var real = inputs.KeyMask is { } mask ? mask.to(inputs.Hidden.dtype) : ones([1, inputs.Hidden.shape[1]], dtype: inputs.Hidden.dtype, device: inputs.Hidden.device);
        var count = real.sum(-1).view(-1, 1, 1, 1);                                   // [B, 1, 1, 1]: real tokens
        var x = inputs.Hidden * real.unsqueeze(-1);                                   // [B, N, C]
        var heads = qkv.forward(x).unflatten(2, [3, Settings.Heads, -1]).permute(2, 0, 3, 1, 4); // [3, B, H, N, D]
        var keep = real.unsqueeze(1).unsqueeze(-1);                                   // [B, 1, N, 1]
        var (query, key, value) = (heads[0], heads[1] * keep, heads[2] * keep);
        var scale = 1 / Math.Sqrt(Settings.HeadSize);
        // Half of the factor s/N on either side keeps KᵀV in range.
        var root = (scale / count).sqrt();
        var mixed = query.matmul((key * root).transpose(-2, -1).matmul(value * root)); // [B, H, N, D]
        var rest = 1 - (query.matmul((key.sum(2, keepdim: true) / count).transpose(-2, -1)) * scale); // [B, H, N, 1]
        var output = (mixed + (rest * (value.sum(2, keepdim: true) / count))).transpose(1, 2).flatten(2);
        return proj.forward(output + Local(x, value, count.view(-1, 1, 1))).MoveToOuterDisposeScope();      // [B, N, C]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double width = Settings.ModelSize, tokens = (double)shape.Batch * shape.Length;
        var weights = 4 * width * width;
        return new AttentionCost(
            (tokens * ((2 * weights) + (4 * width * Settings.HeadSize) + (18 * width))) + (shape.Batch * 20 * width * width / Settings.Heads),
            (2 * tokens * width) + weights,
            tokens * 5 * width);
    }

    /// <summary>The convolution of the values' grid, zero for prefix tokens: <c>[B, N, C]</c>.</summary>
    private Tensor Local(Tensor x, Tensor value, Tensor count)
    {
        var (batch, width, places) = (x.shape[0], x.shape[2], x.shape[1] - _options.Prefix);
        if (places == 0)
        {
            return zeros_like(x);
        }

        var side = (long)Math.Sqrt(places);
        var kernels = residual.forward((x.sum(1, keepdim: true) / count).transpose(1, 2)).view(batch * width, 1, 3, 3);
        var map = value.transpose(1, 2).flatten(2).narrow(1, _options.Prefix, places); // [B, N − prefix, C]
        var grid = map.transpose(1, 2).reshape(1, batch * width, side, side);
        var local = nn.functional.conv2d(grid, kernels, padding: [1, 1], groups: batch * width);
        local = local.view(batch, width, places).transpose(1, 2);                     // [B, N − prefix, C]
        return nn.functional.pad(local, [0, 0, _options.Prefix, 0]);
    }
}
