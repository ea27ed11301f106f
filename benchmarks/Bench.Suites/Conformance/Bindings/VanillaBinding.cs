
namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's vanilla attention: softmax, core and module level, masks and incremental decoding.</summary>
[Golden("vanilla")]
internal sealed class VanillaBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("softmax", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => CabCase.Run(golden, implementation);
}
