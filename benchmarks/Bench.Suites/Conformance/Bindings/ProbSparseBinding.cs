using Bench.Attention;
using Bench.Attention.Sparse;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's ProbSparse attention, which ignores padding; the chosen queries are compared as well.</summary>
[Golden("probsparse")]
internal sealed class ProbSparseBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("probsparse", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string> { ["factor"] = $"{golden.Int("factor", 5)}" };
        var outcome = CabCase.Run(
            golden, implementation, options, name => name.Replace("query_projection", "q_proj", StringComparison.Ordinal)
                .Replace("key_projection", "k_proj", StringComparison.Ordinal)
                .Replace("value_projection", "v_proj", StringComparison.Ordinal)
                .Replace("out_projection", "out_proj", StringComparison.Ordinal),
            ignoreMask: true);
        if (golden.Has("selected_queries")
            && AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options) is ProbSparse attention)
        {
            outcome.With("selected_queries", attention.Select(CabCase.Inputs(golden, ignoreMask: true)).sort(-1).Values);
        }

        return outcome;
    }
}
