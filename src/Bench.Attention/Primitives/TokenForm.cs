using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Token by token, as the recurrence is written: O(N·D·E) time, the state is the only memory. The oracle of the other forms.</summary>
public sealed class TokenForm : RecurrenceForm
{
    /// <summary>The form has no settings.</summary>
    public static TokenForm Instance { get; } = new();

    /// <inheritdoc />
    protected override RecurrenceResult Compute(Recurrence recurrence)
    {
        var (state, normaliser) = (recurrence.StateOrZero(), recurrence.NormaliserOrZero()); // [B, H, D, E], [B, H, D]
        var outputs = new List<Tensor>();
        var tokens = recurrence.Tokens();
        for (var t = 0; t < tokens.Count; t++)
        {
            using var step = NewDisposeScope();
            var (before, normaliserBefore) = (state, normaliser);
            (var output, state, normaliser) = Step(tokens[t] with { State = before, Normaliser = normaliserBefore });
            outputs.Add(output.MoveToOuterDisposeScope());
            (state, normaliser) = (state.MoveToOuterDisposeScope(), normaliser?.MoveToOuterDisposeScope());
            if (t > 0)
            {
                // A graph keeps what it needs; without one, the state is the only memory.
                before.Dispose();
                normaliserBefore?.Dispose();
            }
        }

        return new RecurrenceResult(cat(outputs, 2), state, normaliser);
    }

    /// <inheritdoc />
    public override double ActivationElements(AttentionShape shape) => OutputAndState(shape) + 2 * shape.Rows * shape.HeadSize * shape.ValueSize;

    /// <summary>One token: N = 1, with the state before it.</summary>
    private static (Tensor Output, Tensor State, Tensor? Normaliser) Step(Recurrence token)
    {
        var (query, key, value) = (token.Query * token.Scale, token.Key, token.Value); // [B, H, 1, D], [B, H, 1, D], [B, H, 1, E]
        var (before, normaliser) = (token.StateOrZero(), token.NormaliserOrZero());
        var column = key.transpose(-2, -1);                                            // [B, H, D, 1]
        var decay = token.LogDecay?.exp().transpose(-2, -1);                           // [B, H, D or 1, 1]
        var state = decay is null ? before : decay * before;                           // [B, H, D, E]
        state = token.ValueLogDecay is { } values ? state * values.exp() : state;
        if (token.Strength is { } strength)
        {
            state = state + column.matmul(strength * (value - key.matmul(state)));
        }
        else
        {
            state = state + column.matmul(value);
            state = token.CorrectionRead is { } read ? state + token.CorrectionWrite!.transpose(-2, -1).matmul(read.matmul(before)) : state;
        }

        if (token.Bonus is { } bonus)
        {
            return (query.matmul(before + bonus.unsqueeze(-1) * column.matmul(value)), state, null);
        }

        var output = query.matmul(state);                                              // [B, H, 1, E]
        if (normaliser is null)
        {
            return (output, state, null);
        }

        normaliser = (decay is null ? normaliser : decay.squeeze(-1) * normaliser) + key.squeeze(2); // [B, H, D]
        return (output / (query.matmul(normaliser.unsqueeze(-1)) + token.NormaliserEpsilon!.Value), state, normaliser);
    }
}
