using Bench.Attention.Primitives;
using Bench.Attention.Tests.Laws;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives;

/// <summary>Recurrences with each of the parts that one can have, for the forms to agree on.</summary>
internal static class RecurrenceCases
{
    /// <summary>A recurrence of two heads, values four longer than keys.</summary>
    public static Recurrence Draw(string kind, int batch, int length, int size)
    {
        using var generator = new Generator(21, CPU);
        Tensor Normal(params long[] sizes) => randn(sizes, generator: generator);
        Tensor Rows() => Normal(batch, 2, length, size);
        Tensor Unit() => nn.functional.normalize(Rows(), dim: -1);
        Tensor Log(long channels) => nn.functional.logsigmoid(Normal(batch, 2, length, channels));
        var plain = new Recurrence(Rows(), Unit(), Normal(batch, 2, length, size + 4))
        {
            Scale = 0.5,
            State = Normal(batch, 2, size, size + 4) * 0.1,
        };
        var strength = Normal(batch, 2, length, 1).sigmoid();
        return kind switch
        {
            "additive" => plain,
            "elu-normalised" => plain with { EluPlusOne = true, NormaliserEpsilon = 1e-6, State = null, Scale = 1 },
            "normalised-decay" => plain with { EluPlusOne = true, NormaliserEpsilon = 1e-6, LogDecay = Log(1), Normaliser = Normal(batch, 2, size).exp() },
            "fixed-decay" => plain with { LogDecay = tensor([-0.1f, -0.01f]).view(1, 2, 1, 1) },
            "scalar-decay" => plain with { LogDecay = Log(1) },
            "vector-decay" => plain with { LogDecay = Log(size) },
            "strong-scalar-decay" => plain with { LogDecay = Log(1) * 40 },
            "strong-normalised-decay" => plain with { EluPlusOne = true, NormaliserEpsilon = 1e-6, LogDecay = Log(1) * 40, Normaliser = Normal(batch, 2, size).exp() },
            "strong-decay" => plain with { LogDecay = Log(size) * 40 },
            "value-decay" => plain with { ValueLogDecay = Log(size + 4) },
            "strong-value-decay" => plain with { ValueLogDecay = Log(size + 4) * 40 },
            "bonus" => plain with { LogDecay = Log(size), Bonus = Normal(2, size) },
            "scalar-bonus" => plain with { LogDecay = Log(1), Bonus = Normal(2, size) },
            "delta" => plain with { Strength = strength },
            "gated-delta" => plain with { Strength = strength, LogDecay = Log(1) },
            "strong-gated-delta" => plain with { Strength = strength, LogDecay = Log(1) * 40 },
            "vector-delta" => plain with { Strength = strength, LogDecay = Log(size) },
            "low-rank" => plain with { LogDecay = Log(size), CorrectionRead = -Unit(), CorrectionWrite = Unit() * 0.5 },
            "scalar-low-rank" => plain with { LogDecay = Log(1), CorrectionRead = -Unit(), CorrectionWrite = Unit() * 0.5 },
            "strong-low-rank" => plain with { LogDecay = Log(size) * 40, CorrectionRead = -Unit(), CorrectionWrite = Unit() * 0.5 },
            "unit-key" => plain with { FromUnitKey = true, LogDecay = Rows() - 1, CorrectionRead = Unit(), CorrectionWrite = Rows().sigmoid() },
            "fixed-unit-key" => plain with
            {
                FromUnitKey = true,
                LogDecay = Normal(1, 2, 1, size) - 1,
                CorrectionRead = Unit(),
                CorrectionWrite = Rows().sigmoid(),
            },
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
        };
    }

    /// <summary>The pass, and the gradients of every tensor that takes part, of a sum over outputs and the last state.</summary>
    public static (RecurrenceResult Result, List<Tensor> Gradients) Differentiate(Recurrence drawn, RecurrenceForm form, ScalarType dtype)
    {
        // A decay that is not one number a token has no gradient in the kernels: it is no parameter anywhere.
        var leaves = drawn.Tensors().Select(tensor => tensor?.detach().to(dtype).requires_grad_(tensor.dim() < 4 || tensor.shape[2] > 1)).ToArray();
        var result = form.Run(drawn.With(leaves));
        var loss = (result.Output * Law.Cotangent(result.Output)).sum() + (result.State * Law.Cotangent(result.State)).sum();
        if (result.Normaliser is { } normaliser)
        {
            loss = loss + (normaliser * Law.Cotangent(normaliser)).sum();
        }

        var wanted = leaves.Where(leaf => leaf is { requires_grad: true }).Select(leaf => leaf!).ToList();
        return (result, [.. autograd.grad([loss], wanted)]);
    }
}
