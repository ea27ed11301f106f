namespace Bench.Suites.Conformance.Bindings;

/// <summary>The three patterns of the Sparse Transformer's code.</summary>
[Golden("sparse_transformer")]
internal sealed class SparseTransformerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("sparse-transformer", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["mode"] = golden.ParamText("attn_mode") ?? "fixed",
        ["stride"] = $"{golden.Int("local_attn_ctx", 128)}",
        ["block"] = $"{golden.Int("blocksize", 32)}",
        ["summaries"] = $"{golden.Int("num_verts", 4)}",
        ["summaryBlocks"] = $"{golden.Int("vertsize", 1)}",
    });
}
