using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab;

/// <summary>Numbers of a <see cref="TransformerBlock"/>.</summary>
/// <param name="Width">E.</param>
/// <param name="Heads">H.</param>
/// <param name="Inner">Width inside the feed-forward network.</param>
/// <param name="MaxLength">Longest sequence.</param>
public sealed record BlockSettings(int Width, int Heads, int Inner, int MaxLength)
{
    /// <summary>Whether a sublayer normalises its input (true) or the sum after it (false).</summary>
    public bool NormFirst { get; init; }

    /// <summary>GELU in the feed-forward network; ReLU otherwise.</summary>
    public bool Gelu { get; init; }

    /// <summary>Dropout after each sublayer.</summary>
    public double Dropout { get; init; }

    /// <summary>Dropout of softmax attention's weights.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Dropout inside the feed-forward network.</summary>
    public double InnerDropout { get; init; }

    /// <summary>Settings of the attention in layer <paramref name="layer"/> of <paramref name="depth"/>.</summary>
    public AttentionSettings Attention(int layer, int depth) => new(Domain.Matrix.AttentionPattern.NoncausalSelf, Heads, Width / Heads)
    {
        ModelSize = Width,
        MaxLength = MaxLength,
        Layer = layer,
        Depth = depth,
        Dropout = AttentionDropout,
    };
}

/// <summary>What a block is given.</summary>
/// <param name="Hidden">Hidden states <c>[B, N, E]</c>.</param>
/// <param name="Mask">Padding mask <c>[B, N]</c>, true where a position is real; null when nothing is padded.</param>
public sealed record BlockInputs(Tensor Hidden, Tensor? Mask = null)
{
    /// <summary>Hidden states <c>[B, M, E]</c> of the source, for blocks with cross attention.</summary>
    public Tensor? Context { get; init; }

    /// <summary>Padding mask <c>[B, M]</c> of the source; null when nothing is padded.</summary>
    public Tensor? ContextMask { get; init; }
}

/// <summary>
/// Self attention, cross attention where there is one, and a two-layer feed-forward network, each with a residual connection and a LayerNorm:
/// <c>[B, N, E]</c> to <c>[B, N, E]</c>. A block without self attention lacks its LayerNorm too.
/// </summary>
/// <remarks>Vaswani et al., arXiv:1706.03762.</remarks>
public sealed class TransformerBlock : nn.Module<BlockInputs, Tensor>
{
    private readonly bool _normFirst;
    private readonly bool _gelu;
    private readonly AttentionLayer? self;
    private readonly AttentionLayer? cross;
    private readonly LayerNorm? selfNorm;
    private readonly LayerNorm? crossNorm;
    private readonly Linear up;
    private readonly Linear down;
    private readonly LayerNorm norm;
    private readonly SeededDropout dropout;
    private readonly SeededDropout innerDropout;

    /// <summary>Builds the block around its attentions; it owns them.</summary>
    /// <param name="settings">Numbers of the block.</param>
    /// <param name="self">Self attention, or null for none.</param>
    /// <param name="cross">Cross attention, or null for none.</param>
    public TransformerBlock(BlockSettings settings, AttentionLayer? self, AttentionLayer? cross = null)
        : base("block")
    {
        (_normFirst, _gelu) = (settings.NormFirst, settings.Gelu);
        (this.self, this.cross) = (self, cross);
        selfNorm = self is null ? null : nn.LayerNorm(settings.Width);
        crossNorm = cross is null ? null : nn.LayerNorm(settings.Width);
        up = nn.Linear(settings.Width, settings.Inner);
        down = nn.Linear(settings.Inner, settings.Width);
        norm = nn.LayerNorm(settings.Width);
        dropout = new SeededDropout(settings.Dropout);
        innerDropout = new SeededDropout(settings.InnerDropout);
        foreach (var linear in new[] { up, down })
        {
            nn.init.xavier_uniform_(linear.weight!);
            nn.init.zeros_(linear.bias!);
        }

        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(BlockInputs inputs)
    {
        using var scope = NewDisposeScope();
        var hidden = inputs.Hidden;
        if (self is not null)
        {
            hidden = Residual(selfNorm!, hidden, x => self.forward(new LayerInputs(x) { KeyMask = inputs.Mask }));
        }

        if (cross is not null)
        {
            var context = inputs.Context ?? throw new ArgumentException("A block with cross attention needs the source's hidden states.", nameof(inputs));
            hidden = Residual(crossNorm!, hidden, x => cross.forward(new LayerInputs(x) { Context = context, KeyMask = inputs.ContextMask }));
        }

        return Residual(norm, hidden, FeedForward).MoveToOuterDisposeScope();
    }

    private Tensor FeedForward(Tensor hidden)
    {
        var inner = up.forward(hidden);
        return down.forward(innerDropout.forward(_gelu ? nn.functional.gelu(inner) : nn.functional.relu(inner)));
    }

    private Tensor Residual(LayerNorm norm, Tensor hidden, Func<Tensor, Tensor> sublayer) => _normFirst
        ? hidden + dropout.forward(sublayer(norm.forward(hidden)))
        : norm.forward(hidden + dropout.forward(sublayer(hidden)));
}
