using Bench.Attention;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>The common form of cases with q, k and v <c>[B, H, N, D]</c> and a pattern that the params describe.</summary>
internal static class SparseCase
{
    /// <summary>Runs the operator on q, k, v and the given named inputs.</summary>
    public static GoldenOutcome Run(
        GoldenCase golden,
        string implementation,
        IReadOnlyDictionary<string, string>? options = null,
        IReadOnlyDictionary<string, Tensor>? named = null,
        Tensor? keyMask = null)
    {
        var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        TorchSharp.ModuleExtensionMethods.to(attention, golden.Dtype);
        attention.eval();
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, attention);
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"]) { KeyMask = keyMask };
        return outcome.With("out", attention.forward(named is null ? inputs : inputs with { Named = named }));
    }
}
