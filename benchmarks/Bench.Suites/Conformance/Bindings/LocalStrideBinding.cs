namespace Bench.Suites.Conformance.Bindings;

/// <summary>The block mask of the kernel library behind LongGen.</summary>
[Golden("longgen_local_stride")]
internal sealed class LocalStrideBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("local-stride", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["block"] = $"{golden.Int("block_size", 64)}",
        ["localBlocks"] = $"{golden.Int("local_blocks", 4)}",
        ["stride"] = $"{golden.Int("vert_stride", 8)}",
        ["sameForAllHeads"] = $"{golden.Flag("homo_head")}",
        ["denseHeads"] = $"{golden.Int("num_dense_heads")}",
    });
}
