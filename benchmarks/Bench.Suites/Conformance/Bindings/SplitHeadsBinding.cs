namespace Bench.Suites.Conformance.Bindings;

/// <summary>Local heads first, full heads after.</summary>
[Golden("ls_attention")]
internal sealed class SplitHeadsBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("ls-attention", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["localHeads"] = $"{golden.Int("local_heads")}",
        ["window"] = $"{golden.Int("window", 64)}",
    });
}
