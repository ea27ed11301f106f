using Bench.Attention;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Recurrences whose cases hold q, k, v, inputs of the operator's own names, and one matrix state.</summary>
[Golden("simple-gla", "gla", "retention", "lightning-attention", "deltanet", "gated-deltanet", "kimi-delta-attention", "dplr-delta-rule", "rwkv6")]
internal sealed class RecurrenceBinding : GoldenBinding
{
    private static readonly string[] Own = ["g", "beta", "a", "b", "u", "slope"];

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators(golden.Mechanism, golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var (query, key, value) = (golden["q"], golden["k"], golden["v"]);
        if (query.shape[1] < value.shape[1])
        {
            // Grouped values: value head h reads query and key head h / (HV / H).
            var repeats = value.shape[1] / query.shape[1];
            (query, key) = (query.repeat_interleave(repeats, 1), key.repeat_interleave(repeats, 1));
        }

        var inputs = new AttentionInputs(query, key, value)
        {
            Named = Own.Where(golden.Has).ToDictionary(name => name, name => golden[name]),
        };
        var options = new Dictionary<string, string>();
        if (AttentionCatalogue.Get(implementation).DefaultOptions().ContainsKey("scale"))
        {
            options["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, query.shape[3]));
        }

        if (golden.Mechanism == "lightning-attention")
        {
            (options["layer"], options["layers"]) = ($"{golden.Int("layer_idx")}", $"{golden.Int("num_layers")}");
            options["decay"] = golden.Flag("decay", absent: true) ? "true" : "false";
        }

        return RecurrenceCase.Run(golden, implementation, inputs, options, ("initial_state", "state", "s"));
    }
}
