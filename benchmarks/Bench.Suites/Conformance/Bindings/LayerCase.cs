using Bench.Attention;
using TorchSharp;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>Whole layers with the authors' own projections: x <c>[B, N, E]</c> in, <c>[B, N, E]</c> out.</summary>
internal static class LayerCase
{
    /// <summary>Builds the layer with the case's parameters.</summary>
    public static (AttentionLayer Layer, GoldenOutcome Outcome) Build(
        GoldenCase golden,
        string implementation,
        int heads,
        IReadOnlyDictionary<string, string>? options = null,
        Func<string, string>? rename = null)
    {
        var model = (int)golden["x"].shape[2];
        var layer = AttentionCatalogue.CreateLayer(
            implementation,
            new AttentionSettings(golden.Pattern!.Value, heads, model / heads) { MaxLength = (int)golden["x"].shape[1] },
            options);
        layer.to(golden.Dtype);
        layer.train(golden.Flag("training"));
        var outcome = new GoldenOutcome();
        outcome.LoadParameters(golden, layer, rename);
        return (layer, outcome);
    }

    /// <summary>Ids of the layers of a mechanism that support the case's pattern.</summary>
    public static IEnumerable<string> Layers(string mechanism, GoldenCase golden) => AttentionCatalogue.Of(mechanism)
        .Where(entry => entry.IsLayer && golden.Pattern is { } pattern && entry.Supports(pattern)).Select(entry => entry.Id);
}
