using Bench.Attention;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Landmark attention in its training form, with its weights (<c>probs</c>) compared too.</summary>
[Golden("landmark")]
internal sealed class LandmarkBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("landmark", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var attention = AttentionCatalogue.CreateOperator(
            implementation, golden.OperatorSettings(), new Dictionary<string, string> { ["block"] = $"{golden.Int("block", 50)}" });
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"])
        {
            Named = golden.Flag("irregular") ? new Dictionary<string, TorchSharp.torch.Tensor> { ["is_landmark"] = golden["is_landmark"] } : [],
        };
        return new GoldenOutcome().With("out", attention.forward(inputs)).With("probs", attention.Map(inputs)!);
    }
}
