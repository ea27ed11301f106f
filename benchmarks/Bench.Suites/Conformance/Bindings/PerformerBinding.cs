namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's Performer; padded cases were recorded with the authors' mixed-up masks.</summary>
[Golden("performer")]
internal sealed class PerformerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("performer", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => CabCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["features"] = $"{golden.Int("approx_attn_dim", 16)}",
        ["cabPaddingQuirk"] = $"{golden.Has("mask")}",
    });
}
