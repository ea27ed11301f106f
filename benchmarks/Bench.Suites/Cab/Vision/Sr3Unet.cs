using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Vision;

/// <summary>Sizes of an <see cref="Sr3Unet"/>; the defaults are the published ones for 16 → 128 pixels.</summary>
public sealed record Sr3Sizes
{
    /// <summary>Colours of an image.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Height and width of the large image.</summary>
    public int Pixels { get; init; } = 128;

    /// <summary>Channels at full resolution.</summary>
    public int Inner { get; init; } = 64;

    /// <summary>Channels at each resolution as multiples of <see cref="Inner"/>; between two of them height and width are halved.</summary>
    public IReadOnlyList<int> Multipliers { get; init; } = [1, 2, 4, 8, 8];

    /// <summary>Heights at which blocks attend, beside the block in the middle that always does; CAB's are 16 to 128.</summary>
    public IReadOnlyList<int> AttentionAt { get; init; } = [16, 32, 64, 128];

    /// <summary>Residual blocks per resolution on the way down; one more on the way up.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Groups of a GroupNorm.</summary>
    public int Groups { get; init; } = 32;

    /// <summary>H of every attention layer.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Dropout in front of each block's second convolution.</summary>
    public double Dropout { get; init; } = 0.2;
}

/// <summary>
/// SR3's U-Net: predicts the noise in an image from the image, the enlarged small image, and the noise level. Attention runs over the H·W pixels of a
/// resolution.
/// </summary>
/// <remarks>Saharia et al., "Image Super-Resolution via Iterative Refinement", arXiv:2104.07636; shape of the network as in the code that CAB trains.</remarks>
public sealed class Sr3Unet : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Sr3Sizes _sizes;
    private readonly SeededDropout _dropout;
    private readonly Linear levelUp;
    private readonly Linear levelDown;
    private readonly Conv2d enter;
    private readonly ModuleList<Sr3Stage> down;
    private readonly ModuleList<Sr3Stage> middle;
    private readonly ModuleList<Sr3Stage> up;
    private readonly GroupNorm leaveNorm;
    private readonly Conv2d leave;

    /// <summary>Builds the network around the attention.</summary>
    public Sr3Unet(Sr3Sizes sizes, BackboneAttention attention)
        : base("unet")
    {
        _sizes = sizes;
        _dropout = new SeededDropout(sizes.Dropout);
        var inner = sizes.Inner;
        (levelUp, levelDown) = (nn.Linear(inner, inner * 4), nn.Linear(inner * 4, inner));
        enter = nn.Conv2d(sizes.Channels * 2, inner, 3, padding: 1);
        var places = new Queue<LayerPlace>(Places(sizes, 1));
        Sr3Stage Stage(int from, int to, int pixels, bool attends) => new(
            sizes, from, to, attends ? attention.Build(AttentionPattern.NoncausalSelf, places.Dequeue().Settings) : null, _dropout);
        List<Sr3Stage> descent = [], ascent = [];
        var (kept, channels, height) = (new Stack<int>([inner]), inner, sizes.Pixels);
        for (var level = 0; level < sizes.Multipliers.Count; level++)
        {
            var wanted = inner * sizes.Multipliers[level];
            for (var block = 0; block < sizes.Blocks; block++)
            {
                descent.Add(Stage(channels, wanted, height, sizes.AttentionAt.Contains(height)));
                kept.Push(channels = wanted);
            }

            if (level < sizes.Multipliers.Count - 1)
            {
                descent.Add(Sr3Stage.Halve(channels));
                kept.Push(channels);
                height /= 2;
            }
        }

        middle = nn.ModuleList(Stage(channels, channels, height, true), Stage(channels, channels, height, false));
        for (var level = sizes.Multipliers.Count - 1; level >= 0; level--)
        {
            var wanted = inner * sizes.Multipliers[level];
            for (var block = 0; block <= sizes.Blocks; block++)
            {
                ascent.Add(Stage(channels + kept.Pop(), wanted, height, sizes.AttentionAt.Contains(height)));
                channels = wanted;
            }

            if (level > 0)
            {
                ascent.Add(Sr3Stage.Double(channels));
                height *= 2;
            }
        }

        (down, up) = (nn.ModuleList([.. descent]), nn.ModuleList([.. ascent]));
        leaveNorm = GroupNorms.Create(sizes.Groups, channels);
        leave = nn.Conv2d(channels, sizes.Channels, 3, padding: 1);
        RegisterComponents();
        Initialise();
    }

    /// <summary>Every place of an attention layer in the order of the forward pass, with the shape that it sees.</summary>
    /// <param name="sizes">Sizes of the network.</param>
    /// <param name="batch">B.</param>
    public static IReadOnlyList<LayerPlace> Places(Sr3Sizes sizes, int batch)
    {
        var levels = Enumerable.Range(0, sizes.Multipliers.Count).Select(level => (Height: Height(sizes, level), Width: sizes.Inner * sizes.Multipliers[level])).ToList();
        var attending = levels.Where(level => sizes.AttentionAt.Contains(level.Height)).ToList();
        var all = attending.SelectMany(level => Enumerable.Repeat(level, sizes.Blocks)).Append(levels[^1])
            .Concat(attending.AsEnumerable().Reverse().SelectMany(level => Enumerable.Repeat(level, sizes.Blocks + 1))).ToList();
        return [.. all.Select((level, number) => new LayerPlace(
            new AttentionSettings(AttentionPattern.NoncausalSelf, sizes.Heads, level.Width / sizes.Heads) { MaxLength = level.Height * level.Height, Layer = number, Depth = all.Count },
            AttentionShape.Square(AttentionPattern.NoncausalSelf, batch, sizes.Heads, level.Height * level.Height, level.Width / sizes.Heads)))];
    }

    /// <summary>Height at a level: halved, rounded up, once a level.</summary>
    private static int Height(Sr3Sizes sizes, int level) => level == 0 ? sizes.Pixels : (Height(sizes, level - 1) + 1) / 2;

    /// <summary>Gives dropout, and mechanisms that draw random numbers, a seed for what comes next.</summary>
    public void Reseed(long seed)
    {
        manual_seed(seed);
        _dropout.Reseed(seed);
    }

    /// <summary>The noise, <c>[B, C, H, W]</c>.</summary>
    /// <param name="images">The enlarged small image and the noisy one, <c>[B, 2C, H, W]</c>.</param>
    /// <param name="roots">√γ, <c>[B]</c>.</param>
    public override Tensor forward(Tensor images, Tensor roots)
    {
        using var scope = NewDisposeScope();
        var level = levelDown.forward(nn.functional.silu(levelUp.forward(Encode(roots))));          // [B, inner]
        var hidden = enter.forward(images);
        var kept = new Stack<Tensor>([hidden]);
        foreach (var stage in down)
        {
            kept.Push(hidden = stage.forward(hidden, level));
        }

        foreach (var stage in middle)
        {
            hidden = stage.forward(hidden, level);
        }

        foreach (var stage in up)
        {
            hidden = stage.forward(stage.IsBlock ? cat([hidden, kept.Pop()], 1) : hidden, level);
        }

        return leave.forward(nn.functional.silu(leaveNorm.forward(hidden))).MoveToOuterDisposeScope();
    }

    /// <summary>Sines and cosines of the level, <c>[B, inner]</c>.</summary>
    private Tensor Encode(Tensor roots)
    {
        var half = _sizes.Inner / 2;
        var angle = roots.unsqueeze(1) * (arange(half, dtype: roots.dtype, device: roots.device) * (-Math.Log(10_000) / half)).exp();
        return cat([angle.sin(), angle.cos()], -1);
    }

    /// <summary>Orthogonal weights and zero biases everywhere but in the attention.</summary>
    private void Initialise()
    {
        using var nograd = no_grad();
        foreach (var (name, parameter) in named_parameters().Where(one => !one.name.Contains(".attention.", StringComparison.Ordinal)))
        {
            if (parameter.dim() > 1)
            {
                nn.init.orthogonal_(parameter);
            }
            else if (name.EndsWith(".bias", StringComparison.Ordinal))
            {
                nn.init.zeros_(parameter);
            }
        }
    }
}
