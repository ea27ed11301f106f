using Bench.Attention;
using Bench.Attention.Kernel;
using Bench.Domain.Matrix;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Feature maps by themselves: x to features.</summary>
[Golden("based-taylor-feature-map", "hedgehog-fla-feature-map")]
internal sealed class FeatureMapBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var size = (int)golden["x"].shape[3];
        FeatureMap map = golden.Mechanism == "based-taylor-feature-map"
            ? new TaylorFeatures(size, packed: golden["out"].shape[3] != 1 + size + (size * size))
            : FeatureMap.Create(FeatureMapKind.Hedgehog, size);
        map.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, map);
        return outcome.With("out", map.forward(golden["x"]));
    }
}

/// <summary>Linear attention with Based's, ReBased's and Hedgehog's features.</summary>
[Golden("based-taylor", "rebased", "hedgehog")]
internal sealed class FeaturedAttentionBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators(golden.Mechanism, golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string> { ["epsilon"] = RecurrenceCase.Text(golden.Number("eps", 1e-6)) };
        if (golden.Mechanism != "hedgehog")
        {
            options["normalise"] = golden.Flag("normalize", absent: true) ? "true" : "false";
        }

        if (golden.Mechanism == "based-taylor")
        {
            options["scale"] = RecurrenceCase.Text(RecurrenceCase.Scale(golden, golden["q"].shape[3]));
        }

        var attention = (LinearAttention)AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        attention.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, attention, name => name switch
        {
            "wq" => "feature_map_q.weight",
            "wk" => "feature_map_k.weight",
            _ => $"feature_map_q.{name}",
        });
        var inputs = new AttentionInputs(golden["q"], golden["k"], golden["v"]);
        outcome.With("out", attention.forward(inputs));
        if (golden.Has("distill_xent"))
        {
            var teacher = AttentionTransfer.Teacher(golden["q"], golden["k"], attention.Settings.Pattern.IsCausal);
            var student = attention.Map(inputs)!;
            outcome.With("phi_q", attention.QueryFeatures(golden["q"])).With("attn_pred", student).With("attn_true", teacher)
                .With("distill_xent", AttentionTransfer.CrossEntropy(teacher, student));
        }

        return outcome;
    }
}
