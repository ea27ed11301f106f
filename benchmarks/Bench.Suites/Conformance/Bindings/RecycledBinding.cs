using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Recycled attention: the last token of the prompt, then steps; the pass and the decode must both agree.</summary>
[Golden("recycled_attention")]
internal sealed class RecycledBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.ParamText("group_reduce") is null or "max";

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("recycled", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var prompt = golden.Int("prefill");
        var options = new Dictionary<string, string>
        {
            ["keep"] = $"{golden.Int("K")}",
            ["period"] = $"{golden.Int("S")}",
            ["prompt"] = $"{prompt}",
        };
        using var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"]);
        var steps = golden["q"].shape[2] - prompt;
        var passed = attention.forward(inputs).narrow(2, prompt - 1, steps + 1);

        using var nograd = no_grad();
        AttentionInputs Tokens(long from, long count) =>
            new(inputs.Query.narrow(2, from, count), inputs.Key.narrow(2, from, count), inputs.Value.narrow(2, from, count));
        var (output, state) = attention.Prefill(Tokens(0, prompt));
        var decoded = cat([output.narrow(2, prompt - 1, 1), .. Enumerable.Range(0, (int)steps).Select(i => attention.Step(Tokens(prompt + i, 1), state))], 2);
        state.Dispose();

        // Report the decode where it differs from the pass.
        var differs = (decoded - passed).abs().max().to(ScalarType.Float64).item<double>() > golden.Tolerance(gradient: false).Atol;
        var outcome = new GoldenOutcome().With("out", differs ? decoded : passed);
        return golden.Has("mask") ? outcome.With("mask", ReadPairs.Of(implementation, inputs, options).narrow(2, prompt - 1, steps + 1)) : outcome;
    }
}
