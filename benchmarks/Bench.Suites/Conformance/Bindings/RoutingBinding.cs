using Bench.Attention;
using Bench.Attention.Sparse;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// Routing attention with its centroids given. The recorded causal cases hide later keys but choose members from the whole sequence, which is our
/// noncausal pattern with an option.
/// </summary>
[Golden("routing_transformer")]
internal sealed class RoutingBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => AttentionCatalogue.Of("routing").Select(entry => entry.Id);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var pattern = golden.Pattern!.Value.IsCross ? AttentionPattern.NoncausalCross : AttentionPattern.NoncausalSelf;
        var attention = (Routing)AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings() with { Pattern = pattern }, new Dictionary<string, string>
        {
            ["clusters"] = $"{golden.Int("num_clusters")}",
            ["window"] = $"{golden.Int("window_size")}",
            ["contextWindow"] = $"{(pattern.IsCross ? golden.Int("context_window_size") : 0)}",
            ["memoryTokens"] = $"{golden["param.mem_key"].shape[2]}",
            ["causalMask"] = $"{golden.Flag("causal")}",
            ["sharedKeys"] = $"{golden.Flag("shared_qk")}",
            ["paddingQuirk"] = "true",
        });
        TorchSharp.ModuleExtensionMethods.to(attention, golden.Dtype);
        attention.eval();
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, attention);
        using (no_grad())
        {
            attention.get_buffer("kmeans_means")!.copy_(golden["kmeans_means"]);
        }

        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"]) { KeyMask = golden.Optional("mask") };
        outcome.With("out", attention.forward(inputs));
        if (golden.Has("aux_loss"))
        {
            var tokens = golden.Flag("shared_qk") ? golden["q"] : cat([golden["q"], golden["k"]], 2);
            outcome.With("aux_loss", attention.CommitmentLoss(tokens.detach()) * golden.Number("commitment", 1e-4));
        }

        return outcome;
    }
}
