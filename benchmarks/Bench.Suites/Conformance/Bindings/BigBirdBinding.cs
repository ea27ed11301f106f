using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>The Long Range Arena's BigBird kernel; <c>rand_attn</c> are its random blocks, padded query rows are zero.</summary>
[Golden("bigbird")]
internal sealed class BigBirdBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("bigbird", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var mask = golden.Optional("mask");
        var outcome = SparseCase.Run(
            golden,
            implementation,
            new Dictionary<string, string> { ["block"] = $"{golden.Int("block_size", 64)}", ["randomBlocks"] = $"{golden.Int("num_rand_blocks", 3)}" },
            new Dictionary<string, Tensor> { ["random.blocks"] = golden["rand_attn"] },
            mask);
        return mask is null ? outcome : outcome.With("out", outcome.Outputs["out"] * mask[.., TensorIndex.None, .., TensorIndex.None].to(golden.Dtype));
    }
}
