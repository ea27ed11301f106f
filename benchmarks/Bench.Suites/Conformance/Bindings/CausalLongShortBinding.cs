using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Causal Transformer-LS: CAB's <c>longshort</c> with an empty memory, and the authors' <c>transformer_ls_causal</c> with a given one.</summary>
[Golden("longshort", "transformer_ls_causal")]
internal sealed class CausalLongShortBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Pattern == AttentionPattern.CausalSelf && golden.Has("param.proj_query.weight");

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => LayerCase.Layers("long-short-causal", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string>
        {
            ["chunk"] = $"{golden.Int("chunk_size", 32)}",
            ["rank"] = $"{golden.Int("chunk_rank", 1)}",
            ["window"] = $"{golden.Int("window_size", golden.Int("window_len", 256))}",
            ["memoryLength"] = $"{golden.Int("mem_len", 1024)}",
            ["bias"] = $"{golden.Flag("use_bias")}",
        };
        var (layer, outcome) = LayerCase.Build(golden, implementation, golden.Int("num_heads", golden.Int("n_head")), options);
        var inputs = new LayerInputs(golden["x"]);
        if (golden.Optional("h_cache") is { } memory)
        {
            inputs = inputs with { Named = new Dictionary<string, TorchSharp.torch.Tensor> { ["memory"] = memory } };
        }

        return outcome.With("out", layer.forward(inputs));
    }
}
