using Bench.Domain.Matrix;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's ABC: causal self is the authors' memory without accumulation, <c>abc-cab</c> here; the other patterns are <c>abc</c>.</summary>
[Golden("abc")]
internal sealed class AbcBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Has("param.compress_k");

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.Pattern == AttentionPattern.CausalSelf ? "abc-cab" : "abc", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var outcome = CabCase.Run(golden, implementation, new Dictionary<string, string> { ["landmarks"] = $"{golden.Int("num_landmarks", 16)}" });
        if (golden.Has("state.prev_key"))
        {
            outcome.NotApplicable["state.prev_key"] = "The authors keep all keys and values; the state here is the bounded memory itself.";
        }

        return outcome;
    }
}
