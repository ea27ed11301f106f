using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary><c>efficiency/decode</c>: one token after a prefix of N tokens. The prefix grows by a token a repetition, which is named, not hidden.</summary>
public sealed class DecodeTask : EfficiencyTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "decode", "Decode step", "Time to decode one token with a state that holds N earlier tokens, and the size of that state.");

    /// <inheritdoc />
    protected override bool ReturnsOutput => false;

    /// <inheritdoc />
    protected override string? WhyNot(Cell cell, bool decodes) =>
        decodes ? null : $"'{cell.Implementation}' has no decode form for {cell.Pattern.Name}.";

    /// <inheritdoc />
    protected override Func<int, Tensor> Prepare(Workload workload)
    {
        using var nograd = no_grad();
        if (workload.Module is AttentionOperator attention)
        {
            var inputs = workload.OperatorInputs(0)!;
            var state = attention.Prefill(inputs).State;
            var axes = attention.Inputs.ToDictionary(spec => spec.Name, spec => spec.Axes.Split(' '));
            Tensor Token(string name, Tensor tensor) =>
                Array.FindIndex(axes[name], axis => axis is "N" or "M") is var at and >= 0 ? tensor.narrow(at, 0, 1) : tensor;
            var token = new AttentionInputs(Token("q", inputs.Query), Token("k", inputs.Key), Token("v", inputs.Value))
            {
                Named = inputs.Named.ToDictionary(pair => pair.Key, pair => axes.ContainsKey(pair.Key) ? Token(pair.Key, pair.Value) : pair.Value),
            };
            return _ =>
            {
                using var inner = no_grad();
                return attention.Step(token, state);
            };
        }

        var layer = (AttentionLayer)workload.Module;
        var hidden = workload.LayerInputs(0)!;
        var kept = layer.Prefill(hidden).State;
        var next = hidden with { Hidden = hidden.Hidden.narrow(1, 0, 1) };
        return _ =>
        {
            using var inner = no_grad();
            return layer.Step(next, kept);
        };
    }

    /// <summary>One query against N keys, or one step of a recurrence: the full pass's work divided by its length.</summary>
    protected override double Flops(Workload workload) => workload.Cost.Flops / workload.CellShape.Length
        * (workload.CellShape.Pattern == AttentionPattern.CausalSelf && workload.StateSize > 2L * workload.CellShape.Length ? 2 : 1);

    /// <summary>The state is read once.</summary>
    protected override double Bytes(Workload workload) => workload.StateSize * workload.ElementType.ElementSize();
}
