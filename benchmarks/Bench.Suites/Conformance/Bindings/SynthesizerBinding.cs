using Bench.Attention;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>The Long Range Arena's synthesizers, from hidden states to heads; weights are <c>[C, H, D]</c>.</summary>
[Golden("synthesizer_random", "synthesizer_factorized_random", "synthesizer_dense")]
internal sealed class SynthesizerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators(
        golden.Mechanism switch
        {
            "synthesizer_random" => "synthesizer-random",
            "synthesizer_factorized_random" => "synthesizer-factorized",
            _ => "synthesizer-dense",
        },
        golden);

    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Has("param.random") || golden.Has("param.random1");

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var value = Heads(golden, "value")!;
        var (query, key) = (Heads(golden, "query") ?? zeros_like(value), Heads(golden, "key") ?? zeros_like(value));
        var attention = AttentionCatalogue.CreateOperator(
            implementation,
            new AttentionSettings(golden.Pattern!.Value, (int)value.shape[1], (int)value.shape[3]) { MaxLength = golden.Int("max_length") },
            new Dictionary<string, string>
            {
                ["rank"] = $"{golden.Int("k", 8)}",
                ["addDotProduct"] = $"{golden.Flag("add_dot_product")}",
            });
        attention.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, attention, only: name => name.StartsWith("random", StringComparison.Ordinal));
        return outcome.With("out", attention.forward(new AttentionInputs(query, key, value)));
    }

    private static Tensor? Heads(GoldenCase golden, string name) =>
        golden.Optional($"param.{name}.weight") is { } weight ? einsum("bnc,chd->bhnd", golden["x"], weight) : null;
}
