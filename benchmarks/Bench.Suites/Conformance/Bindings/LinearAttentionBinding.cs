using Bench.Attention;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Linear attention: with elu + 1 in all patterns, and on features that are given, with and without normaliser.</summary>
[Golden("linear-attention", "linear-attention-unnormalized", "linear-attention-sum-normalized")]
internal sealed class LinearAttentionBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("linear-attention", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"]) { KeyMask = golden.Optional("key_mask") };
        if (golden.Mechanism == "linear-attention")
        {
            var map = golden.ParamText("feature_map") switch
            {
                null or "elu+1" or "elu" => "elu",
                var other => other,
            };
            var options = new Dictionary<string, string> { ["epsilon"] = RecurrenceCase.Text(golden.Number("eps", 1e-6)), ["featureMap"] = map };
            return RecurrenceCase.Run(golden, implementation, inputs, options, ("state_s", "final_s", "s"), ("state_z", "final_z", "z"));
        }

        return RecurrenceCase.Run(golden, implementation, inputs, new Dictionary<string, string>
        {
            ["featureMap"] = "identity",
            ["normalise"] = golden.Flag("normalize") ? "true" : "false",
            ["epsilon"] = RecurrenceCase.Text(golden.Number("norm_eps", 1e-10)),
            ["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, golden["q"].shape[3])),
        }, ("initial_state", "state", "s"));
    }
}
