using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Vision;

/// <summary>
/// One step through the U-Net: a residual block with the noise level added and attention behind it where it has one, or a change of resolution.
/// <c>[B, C, H, W]</c> and the level <c>[B, inner]</c> to <c>[B, C', H', W']</c>.
/// </summary>
internal sealed class Sr3Stage : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly bool _doubles;
    private readonly GroupNorm? norm1;
    private readonly Conv2d convolution1;
    private readonly Linear? levels;
    private readonly GroupNorm? norm2;
    private readonly Conv2d? convolution2;
    private readonly Conv2d? shortcut;
    private readonly GroupNorm? attentionNorm;
    private readonly AttentionLayer? attention;
    private readonly SeededDropout? _dropout;

    /// <summary>A residual block.</summary>
    /// <param name="sizes">Sizes of the network.</param>
    /// <param name="from">Channels that come in.</param>
    /// <param name="to">Channels that go out.</param>
    /// <param name="layer">Attention behind the block, or null.</param>
    /// <param name="dropout">The network's dropout.</param>
    public Sr3Stage(Sr3Sizes sizes, int from, int to, AttentionLayer? layer, SeededDropout dropout)
        : base("block")
    {
        (norm1, convolution1) = (GroupNorms.Create(sizes.Groups, from), nn.Conv2d(from, to, 3, padding: 1));
        levels = nn.Linear(sizes.Inner, to);
        (norm2, convolution2) = (GroupNorms.Create(sizes.Groups, to), nn.Conv2d(to, to, 3, padding: 1));
        shortcut = from == to ? null : nn.Conv2d(from, to, 1);
        attentionNorm = layer is null ? null : GroupNorms.Create(sizes.Groups, to);
        attention = layer;
        _dropout = dropout;
        RegisterComponents();
    }

    private Sr3Stage(int channels, bool doubles)
        : base("resolution")
    {
        _doubles = doubles;
        convolution1 = nn.Conv2d(channels, channels, 3, stride: doubles ? 1 : 2, padding: 1);
        RegisterComponents();
    }

    /// <summary>Whether this is a residual block: on the way up it also reads what was kept on the way down.</summary>
    public bool IsBlock => levels is not null;

    /// <summary>Halves height and width (rounded up).</summary>
    public static Sr3Stage Halve(int channels) => new(channels, doubles: false);

    /// <summary>Doubles height and width.</summary>
    public static Sr3Stage Double(int channels) => new(channels, doubles: true);

    public override Tensor forward(Tensor images, Tensor level)
    {
        using var scope = NewDisposeScope();
        if (levels is null)
        {
            return convolution1.forward(_doubles ? nn.functional.interpolate(images, scale_factor: [2, 2], mode: InterpolationMode.Nearest) : images)
                .MoveToOuterDisposeScope();
        }

        var hidden = convolution1.forward(nn.functional.silu(norm1!.forward(images))) + levels.forward(level).unsqueeze(-1).unsqueeze(-1);
        hidden = convolution2!.forward(_dropout!.forward(nn.functional.silu(norm2!.forward(hidden))));
        hidden = hidden + (shortcut is null ? images : shortcut.forward(images));
        return Attend(hidden).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor images)
    {
        if (attention is null)
        {
            return images;
        }

        var tokens = attentionNorm!.forward(images).flatten(2).transpose(1, 2).contiguous();        // [B, H·W, C]
        return images + attention.forward(new LayerInputs(tokens)).transpose(1, 2).reshape(images.shape);
    }
}
