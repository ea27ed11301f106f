namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's LARA; padded cases were recorded with padded landmarks.</summary>
[Golden("lara")]
internal sealed class LaraBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("lara", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => CabCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["landmarks"] = $"{golden.Int("num_landmarks", 16)}",
        ["cabPaddingQuirk"] = $"{golden.Has("mask")}",
    });
}
