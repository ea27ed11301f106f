using Bench.Attention;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>A whole Linformer layer without biases in its input projections; one key–value head or shared keys and values where asked.</summary>
[Golden("linformer")]
internal sealed class LinformerBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("linformer", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var (x, heads) = (golden["x"], golden.Int("heads"));
        var source = golden.Optional("context") ?? x;
        var query = Heads(x, golden["param.to_q.weight"], heads);
        var size = query.shape[3];
        var key = Heads(source, golden["param.to_k.weight"], (int)(golden["param.to_k.weight"].shape[0] / size));
        var value = golden.Flag("share_kv") ? key : Heads(source, golden["param.to_v.weight"], (int)(golden["param.to_v.weight"].shape[0] / size));
        var attention = AttentionCatalogue.CreateOperator(
            implementation,
            new AttentionSettings(golden.Pattern!.Value, heads, (int)size) { KeyValueHeads = (int)key.shape[1], MaxLength = golden.Int("seq_len") },
            new Dictionary<string, string> { ["rank"] = $"{golden.Int("k")}", ["shared"] = $"{golden.Flag("share_kv")}" });
        attention.to(golden.Dtype);
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, attention, only: name => name.StartsWith("proj_", StringComparison.Ordinal));
        var output = attention.forward(new AttentionInputs(query, key, value)).transpose(1, 2).flatten(2);
        return outcome.With("out", nn.functional.linear(output, golden["param.to_out.weight"], golden["param.to_out.bias"]));
    }

    private static Tensor Heads(Tensor rows, Tensor weight, int heads) =>
        nn.functional.linear(rows, weight).unflatten(2, [heads, -1]).transpose(1, 2);
}
