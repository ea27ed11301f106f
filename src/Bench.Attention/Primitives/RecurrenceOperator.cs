using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>
/// An operator that is a <see cref="Recurrence"/>: subclasses say how inputs become its terms and which form computes it; patterns, padding,
/// decode and cost follow.
/// </summary>
/// <remarks>
/// Beyond causal self the constructions are: noncausal self, a scan in each direction with the same terms, added, minus one copy of the
/// token's own write; cross (both), the source scanned to its final state, which every target reads. Additive recurrences without decay reduce
/// to full sums either way.
/// </remarks>
public abstract class RecurrenceOperator(AttentionSettings settings) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override bool Decodes => Settings.Pattern != AttentionPattern.NoncausalSelf;

    /// <summary>How this implementation computes the recurrence.</summary>
    protected abstract RecurrenceForm Form { get; }

    /// <summary>Size of a key after the mechanism's feature map; D unless it has one.</summary>
    protected virtual int StateRows => Settings.HeadSize;

    /// <summary>Numbers kept per head beside S.</summary>
    protected virtual long ExtraState => 0;

    /// <summary>Products of the state's size per token: write and read; the delta rule reads once more, a low-rank correction also writes.</summary>
    protected virtual int StateProducts => 2;

    /// <summary>Whether the state decays, which costs one multiplication per element and token.</summary>
    protected virtual bool Decays => Inputs.Any(spec => spec.Kind == InputKind.LogDecay);

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return (Settings.Pattern switch
        {
            AttentionPattern.CausalSelf => Run(Prepared(inputs)).Output,
            AttentionPattern.NoncausalSelf => BothDirections(Prepared(inputs)),
            _ => ReadSource(inputs, FinalState(inputs)),
        }).to(inputs.Value.dtype).MoveToOuterDisposeScope();                           // [B, H, N, E]
    }

    /// <summary>The recurrence that the operator computes on these inputs, for those who compute it in other ways, such as over several workers.</summary>
    public Recurrence RecurrenceOf(AttentionInputs inputs) => Prepared(inputs);

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        if (Settings.Pattern == AttentionPattern.NoncausalSelf)
        {
            throw NoDecode();
        }

        var result = Settings.Pattern.IsCross ? FinalState(inputs) : Run(Prepared(inputs));
        var output = Settings.Pattern.IsCross ? ReadSource(inputs, result) : result.Output;
        return (output.to(inputs.Value.dtype).MoveToOuterDisposeScope(), Keep(new TensorState(), result, inputs));
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var kept = (TensorState)state;
        if (Settings.Pattern.IsCross)
        {
            var held = new RecurrenceResult(kept["s"], kept["s"], kept.Tensors.GetValueOrDefault("z"));
            return ReadSource(token, held).to(token.Value.dtype).MoveToOuterDisposeScope();
        }

        var result = Run(Prepared(token with { InitialState = state }), TokenForm.Instance);
        Keep(kept, result, token);
        return result.Output.to(token.Value.dtype).MoveToOuterDisposeScope();         // [B, H, 1, E]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        Decodes ? Settings.Heads * ((long)StateRows * Settings.ValueSize + ExtraState) : 0;

    /// <inheritdoc />
    /// <remarks>Per token and head 2·D·E for each of <see cref="StateProducts"/> and D·E to decay. Noncausal self scans twice.</remarks>
    public override AttentionCost Cost(AttentionShape shape)
    {
        var perToken = ((2.0 * StateProducts) + (Decays ? 1 : 0)) * StateRows * shape.ValueSize;
        var scans = shape.Pattern == AttentionPattern.NoncausalSelf ? 2 : 1;
        var tokens = shape.Pattern.IsCross
            ? (shape.SourceLength * (perToken - 2.0 * StateRows * shape.ValueSize)) + (shape.Length * 2.0 * StateRows * shape.ValueSize)
            : scans * shape.Length * perToken;
        return new AttentionCost(
            shape.Rows * tokens, AttentionCost.InputOutputElements(shape), Form.ActivationElements(shape with { HeadSize = StateRows }));
    }

    /// <summary>Factor on every query; 1/√D unless the mechanism says otherwise.</summary>
    protected virtual double Scale => 1 / Math.Sqrt(Settings.HeadSize);

    /// <summary>Epsilon of the normaliser; null when the output is not divided by one.</summary>
    protected virtual double? NormaliserEpsilon => null;

    /// <summary>
    /// Inputs as terms. Heads are already as many as H; scale, normaliser, masked positions and the state are put in afterwards.
    /// </summary>
    protected abstract Recurrence Terms(AttentionInputs inputs);

    /// <summary>Queries alone as the recurrence reads them, for cross patterns: what <see cref="Terms"/> makes of them.</summary>
    protected virtual Tensor ReadQuery(Tensor query) => query;

    /// <summary>Computes prepared terms.</summary>
    protected virtual RecurrenceResult Run(Recurrence recurrence, RecurrenceForm form) => form.Run(recurrence);

    private RecurrenceResult Run(Recurrence recurrence) => Run(recurrence, Form);

    /// <summary>Puts the state after a pass into the decode state.</summary>
    protected virtual TensorState Keep(TensorState kept, RecurrenceResult result, AttentionInputs inputs)
    {
        kept["s"] = result.State.detach().clone();
        if (result.Normaliser is { } normaliser)
        {
            kept["z"] = normaliser.detach().clone();
        }

        kept.Position += inputs.Key.shape[2];
        return kept;
    }

    /// <summary>Repeats grouped heads to H; <c>[B, Hk, …]</c> to <c>[B, H, …]</c>.</summary>
    protected Tensor Expand(Tensor heads) =>
        heads.shape[1] == Settings.Heads ? heads : heads.repeat_interleave(Settings.Heads / heads.shape[1], 1);

    /// <summary>The source's final state; one product where the order of the source does not matter.</summary>
    private RecurrenceResult FinalState(AttentionInputs inputs)
    {
        // Only the state is wanted, so any query will do.
        var key = inputs.Key;
        var query = zeros([key.shape[0], Settings.Heads, key.shape[2], inputs.Query.shape[3]], dtype: key.dtype, device: key.device);
        var terms = Prepared(inputs with { Query = query });
        return IsOrderFree(terms) ? Totals(terms) : Run(terms);
    }

    private Recurrence Prepared(AttentionInputs inputs)
    {
        var expanded = inputs with
        {
            Key = Expand(inputs.Key),
            Value = Expand(inputs.Value),
            Named = inputs.Named.ToDictionary(pair => pair.Key, pair => IsPerHead(pair.Key) ? Expand(pair.Value) : pair.Value),
        };
        var terms = (Terms(expanded) with { Scale = Scale, NormaliserEpsilon = NormaliserEpsilon }).Raised();
        if (inputs.KeyMask is { } mask)
        {
            terms = WithoutMasked(terms.Featured(), mask);
        }

        var state = inputs.InitialState?.Tensors;
        return state is null ? terms : terms with
        {
            State = Widen(state["s"], terms),
            Normaliser = state.TryGetValue("z", out var normaliser) ? Widen(normaliser, terms) : null,
        };
    }

    /// <summary>Padding writes nothing and lets nothing decay.</summary>
    private static Recurrence WithoutMasked(Recurrence terms, Tensor mask)
    {
        // A mechanism may take several steps a token.
        var steps = mask.repeat_interleave(terms.Length / mask.shape[1], 1);
        var real = steps.unsqueeze(1).unsqueeze(-1);                                   // [B, 1, M, 1], true = real
        Tensor Keep(Tensor tensor) => tensor.masked_fill(real.logical_not(), 0);
        Tensor? KeepAny(Tensor? tensor) => tensor is null ? null : Keep(tensor);
        var decay = terms.LogDecay is { } log && log.shape[2] != terms.Length
            ? log.expand(terms.Key.shape[0], log.shape[1], terms.Length, log.shape[3])
            : terms.LogDecay;
        return terms with
        {
            Key = Keep(terms.Key),
            Value = Keep(terms.Value),
            LogDecay = KeepAny(decay),
            Strength = KeepAny(terms.Strength),
            CorrectionRead = KeepAny(terms.CorrectionRead),
            CorrectionWrite = KeepAny(terms.CorrectionWrite),
        };
    }

    private Tensor BothDirections(Recurrence raw)
    {
        var terms = raw.Featured();
        if (IsOrderFree(terms))
        {
            return ReadState(terms.Query, Totals(terms));
        }

        var own = terms.Strength is { } strength ? strength * terms.Value : terms.Value;
        var weight = terms.Bonus is { } bonus ? terms.Query * bonus.unsqueeze(1) * terms.Key : terms.Query * terms.Key;
        return Run(terms).Output + Run(Flipped(terms)).Output.flip(2) - weight.sum(-1, keepdim: true) * Scale * own;
    }

    private bool IsPerHead(string name) => Inputs.Any(spec => spec.Name == name && spec.Axes.StartsWith("B ", StringComparison.Ordinal));

    private static bool IsOrderFree(Recurrence terms) => terms.LogDecay is null && !terms.Corrects && terms.State is null;

    /// <summary>The final state of an additive recurrence: order does not matter, one product suffices.</summary>
    private static RecurrenceResult Totals(Recurrence raw)
    {
        var terms = raw.Featured();
        var state = terms.Key.transpose(-2, -1).matmul(terms.Value);                  // [B, H, D, E]
        return new RecurrenceResult(state, state, terms.NormaliserEpsilon is null ? null : terms.Key.sum(2));
    }

    private Tensor ReadSource(AttentionInputs inputs, RecurrenceResult source) => ReadState(ReadQuery(inputs.Query), source);

    private Tensor ReadState(Tensor query, RecurrenceResult result)
    {
        var scaled = query.to(result.State.dtype) * Scale;
        var output = scaled.matmul(result.State);                                     // [B, H, N, E]
        return NormaliserEpsilon is { } epsilon ? output / (scaled.matmul(result.Normaliser!.unsqueeze(-1)) + epsilon) : output;
    }

    private static Recurrence Flipped(Recurrence terms)
    {
        Tensor? Flip(Tensor? tensor) => tensor is null || tensor.shape[2] == 1 ? tensor : tensor.flip(2);
        return terms with
        {
            Query = Flip(terms.Query)!,
            Key = Flip(terms.Key)!,
            Value = Flip(terms.Value)!,
            LogDecay = Flip(terms.LogDecay),
            Strength = Flip(terms.Strength),
            CorrectionRead = Flip(terms.CorrectionRead),
            CorrectionWrite = Flip(terms.CorrectionWrite),
        };
    }

    private static Tensor Widen(Tensor state, Recurrence terms) => state.to(terms.Key.dtype);
}
