using Bench.Attention.Sparse;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Native sparse attention with its gates given.</summary>
[Golden("nsa")]
internal sealed class NativeSparseBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("nsa", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(
        golden,
        implementation,
        new Dictionary<string, string>
        {
            ["block"] = $"{golden.Int("block_size", 64)}",
            ["topBlocks"] = $"{golden.Int("block_counts", 16)}",
            ["window"] = $"{golden.Int("window_size", 512)}",
        },
        NativeSparse.Gates.ToDictionary(name => name, name => golden[name]));
}
