using System.Globalization;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's cosFormer, which ignores padding.</summary>
[Golden("cosformer")]
internal sealed class CosFormerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("cosformer", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => CabCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["epsilon"] = golden.Number("eps", 1e-6).ToString("R", CultureInfo.InvariantCulture),
    }, ignoreMask: true);
}
