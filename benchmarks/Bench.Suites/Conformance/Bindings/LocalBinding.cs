namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's local attention; its padded cases were recorded with the authors' way of combining padding and edges.</summary>
[Golden("local")]
internal sealed class LocalBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("local", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => CabCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["window"] = $"{golden.Int("wsize", 15)}",
        ["cabPaddingQuirk"] = $"{golden.Has("mask")}",
    });
}
