using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>
/// Attention over a fixed number of slots in two linear recurrences with a softmax between them: <c>p_t = softmax(scale · q_t K_t)</c> and
/// <c>o_t = p_t V_t</c>, where keys and values are written into M slots with weights s and the slots decay by e^g.
/// </summary>
public abstract class SlotAttention(AttentionSettings settings) : AttentionOperator(settings)
{
    /// <inheritdoc />
    public override bool Decodes => true;

    /// <summary>M.</summary>
    protected abstract int Slots { get; }

    /// <summary>Factor on queries.</summary>
    protected abstract double Scale { get; }

    /// <summary>How both recurrences are computed.</summary>
    protected abstract RecurrenceForm Form { get; }

    /// <inheritdoc />
    public override Tensor forward(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Run(inputs, Form).Output.MoveToOuterDisposeScope();                    // [B, H, N, E]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(AttentionInputs inputs)
    {
        using var scope = NewDisposeScope();
        var state = new TensorState();
        return (Keep(state, inputs, Form).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(AttentionInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        return Keep((TensorState)state, token with { InitialState = state }, TokenForm.Instance).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => (long)Settings.Heads * Slots * (Settings.HeadSize + Settings.ValueSize);

    /// <inheritdoc />
    /// <remarks>Both recurrences: write, read and decay an M-slot state, and the softmax (5 per slot).</remarks>
    public override AttentionCost Cost(AttentionShape shape) => new(
        shape.Rows * shape.Length * Slots * ((5.0 * (shape.HeadSize + shape.ValueSize)) + 5),
        AttentionCost.InputOutputElements(shape) + (2 * shape.Rows * shape.Length * Slots),
        Form.ActivationElements(shape with { ValueSize = Slots }) + Form.ActivationElements(shape with { HeadSize = Slots }));

    /// <summary>Write weights s, <c>[B, H, N, M]</c>, and log-decays g of the slots, from inputs whose heads are already H.</summary>
    protected abstract (Tensor Weights, Tensor LogDecay) Write(AttentionInputs inputs);

    /// <summary>Updates what a mechanism keeps beside both states.</summary>
    protected virtual void KeepMore(TensorState kept, AttentionInputs inputs)
    {
    }

    private Tensor Keep(TensorState kept, AttentionInputs inputs, RecurrenceForm form)
    {
        var expanded = Expanded(inputs);
        var (output, keys, values) = Run(inputs, form);
        KeepMore(kept, expanded);
        kept["k"] = keys.detach().clone();
        kept["v"] = values.detach().clone();
        kept.Position += inputs.Key.shape[2];
        return output;
    }

    private (Tensor Output, Tensor Keys, Tensor Values) Run(AttentionInputs inputs, RecurrenceForm form)
    {
        var expanded = Expanded(inputs);
        var (weights, decay) = Write(expanded);
        if (inputs.KeyMask is { } mask)
        {
            var padding = mask.logical_not().unsqueeze(1).unsqueeze(-1);              // [B, 1, N, 1]
            (weights, decay) = (weights.masked_fill(padding, 0), decay.masked_fill(padding, 0));
        }

        var state = inputs.InitialState?.Tensors;
        var first = form.Run(new Recurrence(expanded.Query, expanded.Key, weights) { Scale = Scale, ValueLogDecay = decay, State = state?["k"] });
        var second = form.Run(new Recurrence(first.Output.softmax(-1), weights, expanded.Value) { LogDecay = decay, State = state?["v"] });
        return (second.Output, first.State, second.State);
    }

    private AttentionInputs Expanded(AttentionInputs inputs)
    {
        Tensor Expand(Tensor x) => x.shape[1] == Settings.Heads ? x : x.repeat_interleave(Settings.Heads / x.shape[1], 1);
        return inputs with
        {
            Key = Expand(inputs.Key),
            Value = Expand(inputs.Value),
            Named = inputs.Named.ToDictionary(pair => pair.Key, pair => Expand(pair.Value)),
        };
    }
}
