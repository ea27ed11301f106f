namespace Bench.Suites.Conformance.Bindings;

/// <summary>MoH-LLaMA3's router by query length.</summary>
[Golden("moh_llama")]
internal sealed class NormRoutedHeadsBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("moh-norm", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["sharedHeads"] = $"{golden.Int("shared_head")}",
        ["routedHeads"] = $"{golden.Int("routed_head")}",
    });
}
