using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Longformer's layer without output projection; <c>attention_mask</c> is 1 for global, 0 for local and −1 for padded tokens.</summary>
[Golden("longformer")]
internal sealed class LongformerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("longformer", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var heads = golden.Int("heads");
        Tensor Project(string name) => nn.functional.linear(golden["x"], golden[$"param.{name}.weight"], golden[$"param.{name}.bias"])
            .unflatten(2, [heads, -1]).transpose(1, 2);

        var query = Project("query");
        var attention = AttentionCatalogue.CreateOperator(
            implementation,
            new AttentionSettings(golden.Pattern!.Value, heads, (int)query.shape[3]),
            new Dictionary<string, string> { ["window"] = $"{golden.Int("attention_window_one_sided")}", ["globalTokens"] = "0" });
        var named = new Dictionary<string, Tensor>
        {
            ["q_global"] = Project("query_global"),
            ["k_global"] = Project("key_global"),
            ["v_global"] = Project("value_global"),
        };
        var mask = golden.Optional("attention_mask");
        if (mask is not null)
        {
            named["global"] = mask.gt(0);
        }

        var inputs = new AttentionInputs(query, Project("key"), Project("value")) { KeyMask = mask?.ge(0), Named = named };
        return new GoldenOutcome().With("out", attention.forward(inputs).transpose(1, 2).flatten(2));
    }
}
