using Bench.Attention.Primitives;
using Bench.Attention.Tests.Laws;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives;

/// <summary>Chunks of matrix products against the token form, whatever way of taking decays they choose: outputs, states, gradients.</summary>
public sealed class ChunkedFormTests
{
    private static readonly string[] Additive =
    [
        "additive", "elu-normalised", "normalised-decay", "fixed-decay", "scalar-decay", "vector-decay", "strong-scalar-decay",
        "strong-normalised-decay", "strong-decay", "value-decay", "strong-value-decay", "bonus", "scalar-bonus",
    ];

    private static readonly string[] Corrected = ["delta", "gated-delta", "strong-gated-delta", "vector-delta", "low-rank", "scalar-low-rank", "strong-low-rank", "unit-key", "fixed-unit-key"];

    public static IEnumerable<TheoryDataRow<string, int>> Chunked() =>
        from kind in Additive.Concat(Corrected)
        from chunk in new[] { 16, 64 }
        select new TheoryDataRow<string, int>(kind, chunk);

    public static IEnumerable<TheoryDataRow<string>> Parallel() => Additive.Select(kind => new TheoryDataRow<string>(kind));

    [Theory, MemberData(nameof(Chunked))]
    public void Outputs_states_and_gradients_equal_the_token_form(string kind, int chunk) => Agrees(kind, new ChunkedForm(chunk), length: 83);

    [Theory, MemberData(nameof(Parallel))]
    public void One_product_over_all_tokens_equals_the_token_form(string kind) => Agrees(kind, ParallelForm.Instance, length: 37);

    [Theory]
    [InlineData("delta")]
    [InlineData("vector-decay")]
    public void Rows_that_do_not_lie_one_after_another_give_the_same(string kind)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var drawn = RecurrenceCases.Draw(kind, batch: 2, length: 70, size: 6);
        Tensor? Interleave(Tensor? tensor) => tensor?.transpose(1, 2).contiguous().transpose(1, 2);
        var expected = ChunkedForm.Default.Run(drawn);
        var found = ChunkedForm.Default.Run(drawn with
        {
            Query = Interleave(drawn.Query)!,
            Key = Interleave(drawn.Key)!,
            Value = Interleave(drawn.Value)!,
            LogDecay = Interleave(drawn.LogDecay),
            Strength = Interleave(drawn.Strength),
        });

        Law.Near(expected.Output, found.Output, 1e-6, "Output");
        Law.Near(expected.State, found.State, 1e-6, "State");
    }

    private static void Agrees(string kind, RecurrenceForm form, int length)
    {
        using var scope = NewDisposeScope();
        var drawn = RecurrenceCases.Draw(kind, batch: 2, length, size: 12);
        var (expected, wanted) = RecurrenceCases.Differentiate(drawn, TokenForm.Instance, ScalarType.Float64);
        var (found, gradients) = RecurrenceCases.Differentiate(drawn, form, ScalarType.Float64);
        var (rough, roughGradients) = RecurrenceCases.Differentiate(drawn, form, ScalarType.Float32);

        Law.Near(expected.Output, found.Output, 1e-10, "Output");
        Law.Near(expected.State, found.State, 1e-10, "State");
        if (expected.Normaliser is { } normaliser)
        {
            Law.Near(normaliser, found.Normaliser!, 1e-10, "Normaliser");
        }

        Law.Near(expected.Output, rough.Output, 1e-4, "Output in single precision");
        for (var i = 0; i < wanted.Count; i++)
        {
            Law.Near(wanted[i], gradients[i], 1e-9, $"Gradient {i}");
            Law.Near(wanted[i], roughGradients[i], 1e-3, $"Gradient {i} in single precision");
        }
    }
}
