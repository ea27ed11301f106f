using Bench.Attention;
using Bench.Attention.StateSpace;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>CAB's S4D layer; its <c>num_heads</c> are channels. Kernel, decode and final state are compared where recorded.</summary>
[Golden("s4d")]
internal sealed class S4dBinding : GoldenBinding
{
    /// <inheritdoc />
    public override bool Handles(GoldenCase golden) => golden.Flag("bidirectional") == (golden.Pattern == AttentionPattern.NoncausalSelf);

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => LayerCase.Layers("s4d", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new Dictionary<string, string>
        {
            ["state"] = $"{golden.Int("d_state", 16)}",
            ["channels"] = $"{golden.Int("num_heads", 1)}",
        };
        var (layer, outcome) = LayerCase.Build(
            golden, implementation, 1, options, name => name.Replace("kernel.kernel.", "", StringComparison.Ordinal));
        var x = golden["x"];
        outcome.With("out", layer.forward(new LayerInputs(x)));
        if (golden.Has("kernel"))
        {
            outcome.With("kernel", ((S4dLayer)layer).Kernels(x.shape[1]));
        }

        if (golden.Has("out_incremental"))
        {
            Decode(golden, layer, outcome);
        }

        return outcome;
    }

    private static void Decode(GoldenCase golden, AttentionLayer layer, GoldenOutcome outcome)
    {
        using var nograd = no_grad();
        var x = golden["x"];
        var (first, state) = layer.Prefill(new LayerInputs(x.narrow(1, 0, 1)));
        var steps = new List<Tensor> { first };
        for (long i = 1; i < x.shape[1]; i++)
        {
            steps.Add(layer.Step(new LayerInputs(x.narrow(1, i, 1)), state));
        }

        outcome.With("out_incremental", cat(steps, 1));
        if (golden.Has("state"))
        {
            outcome.With("state", state.Tensors["x"].clone(), relativeToMaximum: true);
        }

        state.Dispose();
    }
}
