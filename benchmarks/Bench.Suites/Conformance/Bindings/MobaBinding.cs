using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>MoBA's naive form; <c>cu_seqlens</c> splits the token axis into sequences of their own.</summary>
[Golden("moba")]
internal sealed class MobaBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("moba", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), new Dictionary<string, string>
        {
            ["block"] = $"{golden.Int("chunk_size", 64)}",
            ["topBlocks"] = $"{golden.Int("topk", 3)}",
        });
        long[] cuts = golden.Optional("cu_seqlens") is { } recorded
            ? [.. Enumerable.Range(0, (int)recorded.shape[0]).Select(i => recorded[i].to(ScalarType.Int64).item<long>())]
            : [0, golden["q"].shape[2]];
        var parts = cuts.Zip(cuts.Skip(1), (from, to) =>
        {
            Tensor Part(string name) => golden[name].narrow(2, from, to - from);
            return attention.forward(new AttentionInputs(Part("q"), Part("k"), Part("v")));
        });
        return new GoldenOutcome().With("out", cat([.. parts], 2));
    }
}
