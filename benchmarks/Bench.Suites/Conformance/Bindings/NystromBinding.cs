namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's Nyströmformer, with one start of the pseudo-inverse for the whole batch and padded landmarks.</summary>
[Golden("nystromformer")]
internal sealed class NystromBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("nystromformer", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => CabCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["landmarks"] = $"{golden.Int("num_landmarks", 16)}",
        ["convKernel"] = $"{golden.Int("conv_kernel_size")}",
        ["coupledInverse"] = "true",
        ["cabPaddingQuirk"] = $"{golden.Has("mask")}",
    }, name => name == "conv.weight" ? "conv_weight" : name);
}
