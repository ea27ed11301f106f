namespace Bench.Suites.Conformance.Bindings;

/// <summary>LongLoRA's S²-Attn: the flash path's cut points, or the plain path's wrapping groups.</summary>
[Golden("s2_attn")]
internal sealed class ShiftedSparseBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("s2-attention", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["group"] = $"{golden.Int("group_size")}",
        ["wrapQuirk"] = $"{golden.ParamText("variant") == "noflash"}",
    });
}
