using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention;

/// <summary>The tensors of one call of a layer.</summary>
/// <param name="Hidden">Hidden states of the query sequence, <c>[B, N, E]</c>.</param>
public sealed record LayerInputs(Tensor Hidden)
{
    /// <summary>Hidden states of the source, <c>[B, M, E]</c>, for cross patterns; null for self patterns.</summary>
    public Tensor? Context { get; init; }

    /// <summary>Padding mask of the keys' sequence, <c>[B, M]</c>, true where a position is real.</summary>
    public Tensor? KeyMask { get; init; }

    /// <summary>Place in its sequence of the first hidden state; 0 unless decoding. For layers with positions.</summary>
    public long Start { get; init; }

    /// <summary>Random draws fed from outside (<c>random.…</c>).</summary>
    public IReadOnlyDictionary<string, Tensor> Named { get; init; } = new Dictionary<string, Tensor>();

    /// <summary>A tensor of the masked sequence with zeros at padded tokens.</summary>
    /// <param name="tensor"><c>[B, N, …]</c> with the tokens of <see cref="KeyMask"/>, three axes.</param>
    /// <returns>The tensor itself where nothing is padded.</returns>
    internal Tensor WithoutPadding(Tensor tensor) => KeyMask is { } mask ? tensor.masked_fill(mask.logical_not().unsqueeze(-1), 0) : tensor;
}

/// <summary>
/// Attention on hidden states with its own projections: what a backbone contains. Operators get one for free
/// (<see cref="Layers.ProjectedAttention"/>); mechanisms whose paper defines a whole layer have their own.
/// </summary>
public abstract class AttentionLayer(AttentionSettings settings) : nn.Module<LayerInputs, Tensor>("attention")
{
    /// <summary>What the layer was built for.</summary>
    public AttentionSettings Settings { get; } = settings;

    /// <summary>The full pass: <c>[B, N, E]</c>.</summary>
    public abstract override Tensor forward(LayerInputs inputs);

    /// <summary>The operator inside and what it is given; null for layers that are defined on hidden states only.</summary>
    /// <param name="inputs">Inputs of the layer.</param>
    public virtual (AttentionOperator Operator, AttentionInputs Inputs)? Core(LayerInputs inputs) => null;

    /// <summary>Whether <see cref="Prefill"/> and <see cref="Step"/> work for this pattern.</summary>
    public virtual bool Decodes => false;

    /// <summary>The full pass that also returns the state after its last token.</summary>
    /// <exception cref="NotSupportedException">The layer has no decode form for this pattern.</exception>
    public virtual (Tensor Output, AttentionState State) Prefill(LayerInputs inputs) => throw NoDecode();

    /// <summary>Decodes one token, <c>[B, 1, E]</c>; equals the corresponding row of the full pass.</summary>
    /// <exception cref="NotSupportedException">The layer has no decode form for this pattern.</exception>
    public virtual Tensor Step(LayerInputs token, AttentionState state) => throw NoDecode();

    /// <summary>Numbers kept per sequence after <see cref="AttentionShape.Length"/> tokens; 0 without decode.</summary>
    public virtual long StateSize(AttentionShape shape) => 0;

    /// <summary>Analytic cost of one forward pass, projections included.</summary>
    public abstract AttentionCost Cost(AttentionShape shape);

    /// <summary>Why this layer cannot run a shape; null when it can.</summary>
    public virtual string? WhyNot(AttentionShape shape) => null;

    /// <summary>The error for a decode that does not exist.</summary>
    protected NotSupportedException NoDecode() => new(
        $"{GetType().Name} has no decode form for {Settings.Pattern.Name}; ask {nameof(Decodes)} first.");
}
