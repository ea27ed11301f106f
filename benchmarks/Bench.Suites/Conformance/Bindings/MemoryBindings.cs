using Bench.Attention;
using Bench.Attention.Memory;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Memories that learn while they read: TTT-Linear and Titans' linear memory; γ and δ are inputs of the case.</summary>
[Golden("ttt-linear", "titans-linear-memory-flaquirk", "titans-linear-memory")]
internal sealed class FastWeightBinding : GoldenBinding
{
    private static readonly string[] Own = ["eta", "theta", "alpha", "w", "b"];

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.Mechanism == "ttt-linear" ? golden.Mechanism : "titans-memory", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var isTtt = golden.Mechanism == "ttt-linear";
        var options = isTtt
            ? new Dictionary<string, string>
            {
                ["miniBatch"] = $"{golden.Int("mini_batch_size", 16)}",
                ["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, golden["q"].shape[3])),
                ["flaResidual"] = "true",
            }
            : new Dictionary<string, string>
            {
                ["chunk"] = $"{golden.Int("chunk_size", 16)}",
                ["flaQuirk"] = golden.Mechanism.EndsWith("flaquirk", StringComparison.Ordinal) ? "true" : "false",
            };
        var attention = (FastWeightOperator)AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        attention.to(golden.Dtype);
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"])
        {
            Named = Own.Where(golden.Has).ToDictionary(name => name, name => golden[name]),
        };
        using var initial = new TensorState();
        if (golden.Has("initial_state"))
        {
            initial[isTtt ? "w" : "m"] = golden["initial_state"].alias();
            if (isTtt)
            {
                initial["b"] = golden.Has("initial_state_bias")
                    ? golden["initial_state_bias"].alias()
                    : torch.zeros_like(golden["initial_state"]).narrow(2, 0, 1);
            }

            inputs = inputs with { InitialState = initial };
        }

        var (output, state) = attention.Run(inputs);
        return new GoldenOutcome().With("out", output).With("state", state[isTtt ? "w" : "m"])
            .With("state_bias", state[isTtt ? "b" : "z"]);
    }
}

/// <summary>Softmax attention with data-dependent logits, and log-linear attention: q, k, v and inputs of the operator's own names.</summary>
[Golden("forgetting-attention", "path-attention", "log-linear-attention")]
internal sealed class GatedSoftmaxBinding : GoldenBinding
{
    private static readonly string[] Own = ["g", "w", "beta", "level_scales"];

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators(golden.Mechanism, golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string>();
        if (golden.Mechanism == "path-attention")
        {
            options["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, golden["q"].shape[3]));
            options["gated"] = golden.Has("g") ? "true" : "false";
            options["flaScaledGate"] = "true";
        }
        else if (golden.Mechanism == "forgetting-attention" && golden.Int("window") is > 0 and var window)
        {
            options["window"] = $"{window}";
        }

        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"])
        {
            Named = Own.Where(golden.Has).ToDictionary(name => name, name => golden[name]),
        };
        return new GoldenOutcome().With("out", AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options).forward(inputs));
    }
}
