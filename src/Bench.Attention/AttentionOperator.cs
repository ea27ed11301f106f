using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention;

/// <summary>
/// One way to compute an attention mechanism on queries, keys and values that are already projected and split into heads. Learned
/// weights that the mechanism itself needs (compressions, feature maps) are parameters of the module, shared by what the paper shares.
/// </summary>
/// <remarks>
/// Laws every operator obeys and the tests of the catalogue check: inputs are never changed; the result is a fresh tensor; no other tensor
/// outlives the call; a causal pattern never reads the future; a padding mask leaves no trace of masked keys.
/// </remarks>
public abstract class AttentionOperator(AttentionSettings settings) : nn.Module<AttentionInputs, Tensor>("attention")
{
    /// <summary>What the operator was built for.</summary>
    public AttentionSettings Settings { get; } = settings;

    /// <summary>Every tensor the operator takes, q, k and v first.</summary>
    public virtual IReadOnlyList<InputSpec> Inputs => InputSpec.Plain;

    /// <summary>The full pass: <c>[B, H, N, Dv]</c>.</summary>
    /// <exception cref="ArgumentException">A shape does not fit, or an input that the mechanism needs is missing.</exception>
    public abstract override Tensor forward(AttentionInputs inputs);

    /// <summary>Whether <see cref="Prefill"/> and <see cref="Step"/> work for this pattern.</summary>
    public virtual bool Decodes => false;

    /// <summary>The full pass that also returns the state after its last token, from which <see cref="Step"/> goes on.</summary>
    /// <returns>The output <c>[B, H, N, Dv]</c> and the state; the caller disposes both.</returns>
    /// <exception cref="NotSupportedException">The mechanism has no decode form for this pattern.</exception>
    public virtual (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs) => throw NoDecode();

    /// <summary>
    /// Decodes one token: q, k, v hold N = 1. For causal self the token joins the state first; for cross patterns the state holds the
    /// whole source and k and v are ignored. Equals the corresponding row of the full pass.
    /// </summary>
    /// <returns>The output <c>[B, H, 1, Dv]</c>.</returns>
    /// <exception cref="NotSupportedException">The mechanism has no decode form for this pattern.</exception>
    public virtual Tensor Step(AttentionInputs token, AttentionState state) => throw NoDecode();

    /// <summary>Numbers kept per sequence, all heads together, after <see cref="AttentionShape.Length"/> tokens; 0 without decode.</summary>
    public virtual long StateSize(AttentionShape shape) => 0;

    /// <summary>Analytic cost of one forward pass.</summary>
    public abstract AttentionCost Cost(AttentionShape shape);

    /// <summary>Why this operator cannot run a shape, such as "length 100 is not a multiple of the block 64"; null when it can.</summary>
    public virtual string? WhyNot(AttentionShape shape) => null;

    /// <summary>
    /// The outputs of some query rows only, <c>[B, H, R, Dv]</c> for sorted indices <c>[R]</c>, without work or memory for the others; null when the
    /// mechanism's rows depend on each other. References of quadratic cost offer it, so that long sequences can be checked.
    /// </summary>
    public virtual Tensor? Rows(AttentionInputs inputs, Tensor rows) => null;

    /// <summary>The attention map <c>[B, H, N, M]</c>, rows summing to 1, for mechanisms that have one; null otherwise.</summary>
    public virtual Tensor? Map(AttentionInputs inputs) => null;

    /// <summary>
    /// The prefill of every mechanism that keeps keys and values: the full pass <c>[B, H, N, Dv]</c> and a cache of the newest
    /// <paramref name="capacity"/> tokens, or of all.
    /// </summary>
    /// <exception cref="NotSupportedException">The mechanism has no decode form for this pattern.</exception>
    protected (Tensor Output, AttentionState State) PrefillKeyValues(AttentionInputs inputs, int? capacity = null)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        var state = new KeyValueState(capacity);
        state.Append(inputs.Key, inputs.Value);
        return (forward(inputs), state);
    }

    /// <summary>The error for a decode that does not exist.</summary>
    protected NotSupportedException NoDecode() => new(
        $"{GetType().Name} has no decode form for {Settings.Pattern.Name}; ask {nameof(Decodes)} first.");
}
