using System.Globalization;
using Bench.Attention;
using Bench.Domain.Matrix;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// The common form of the recurrences' cases: q, k, v and the mechanism's own inputs, a state before the first token, and the state
/// after the last. Causal cases are also decoded token by token from a prefix.
/// </summary>
internal static class RecurrenceCase
{
    /// <summary>Runs a case of an operator.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="implementation">Id.</param>
    /// <param name="inputs">Its tensors as the operator wants them.</param>
    /// <param name="options">Options that differ from their defaults.</param>
    /// <param name="states">Recorded names of the state: before, after, and ours.</param>
    public static GoldenOutcome Run(
        GoldenCase golden, string implementation, AttentionInputs inputs, IReadOnlyDictionary<string, string>? options = null,
        params (string Before, string After, string Ours)[] states)
    {
        long[] q = inputs.Query.shape, k = inputs.Key.shape, v = inputs.Value.shape;
        var settings = new AttentionSettings(golden.Pattern ?? AttentionPattern.CausalSelf, (int)q[1], (int)q[3])
        {
            ValueSize = (int)v[3],
            KeyValueHeads = (int)k[1],
            MaxLength = (int)Math.Max(q[2], k[2]),
        };
        var attention = AttentionCatalogue.CreateOperator(implementation, settings, options);
        attention.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, attention);
        using var initial = new TensorState();
        foreach (var (before, _, ours) in states.Where(state => golden.Has(state.Before)))
        {
            initial[ours] = golden[before].alias();
            inputs = inputs with { InitialState = initial };
        }

        if (!attention.Decodes)
        {
            return outcome.With("out", attention.forward(inputs));
        }

        var (output, final) = attention.Prefill(inputs);
        outcome.With("out", output);
        foreach (var (_, after, ours) in states.Where(state => golden.Has(state.After)))
        {
            outcome.With(after, final.Tensors[ours].alias());
        }

        final.Dispose();
        return outcome;
    }

    /// <summary>A number as option text.</summary>
    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The <c>scale</c> of the case: a number, or 1/√D where it says <c>D^-0.5</c> or nothing.</summary>
    public static double Scale(GoldenCase golden, long headSize) =>
        golden.ParamText("scale") is null && golden.Param("scale") is { ValueKind: System.Text.Json.JsonValueKind.Number }
            ? golden.Number("scale")
            : 1 / Math.Sqrt(headSize);
}
