using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Sparse;

/// <summary>What the laws' small sizes do not reach: float32 kernels on long prompts, and queries at the end of a longer sequence.</summary>
public sealed class PromptSparseTests
{
    private static readonly Dictionary<string, string> FlexPrefill = new() { ["block"] = "32", ["coverage"] = "0.6", ["minBudget"] = "32", ["threshold"] = "0.3" };
    private static readonly Dictionary<string, string> Hip = new() { ["keep"] = "64", ["queryBlock"] = "32", ["group"] = "2", ["window"] = "40" };

    public static TheoryData<string> Mechanisms => ["flexprefill", "hip"];

    [Theory, MemberData(nameof(Mechanisms))]
    public void Reading_the_chosen_keys_only_equals_masking_all_in_float32_too(string mechanism)
    {
        using var scope = NewDisposeScope();
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 4, 16) { KeyValueHeads = 2 };
        var results = AttentionCatalogue.Of(mechanism).Select(entry =>
        {
            using var attention = AttentionCatalogue.CreateOperator(entry.Id, settings, Options(mechanism));
            var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 2, 4, 413, 16), 3, ScalarType.Float32, CPU);
            foreach (var (_, tensor) in inputs.Differentiable())
            {
                tensor.requires_grad_(true);
            }

            var output = attention.forward(inputs);
            output.square().sum().backward();
            return new[] { output.detach(), inputs.Query.grad!, inputs.Key.grad!, inputs.Value.grad! };
        }).ToList();

        Assert.Equal(2, results.Count);
        Assert.True(results[0][0].ne(results[1][0]).any().item<bool>(), "Both ids run the same code.");
        for (var i = 0; i < 4; i++)
        {
            Assert.True((results[0][i] - results[1][i]).abs().max().item<float>() < 1e-3);
        }
    }

    [Theory, MemberData(nameof(Mechanisms))]
    public void Fewer_keys_than_all_are_read(string mechanism)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 1, 16) { ValueSize = 413 };
        using var attention = AttentionCatalogue.CreateOperator($"{mechanism}/masked", settings, Options(mechanism));
        var drawn = AttentionInputs.Draw(attention, new AttentionShape(AttentionPattern.CausalSelf, 1, 1, 413, 413, 16, 413), 3, ScalarType.Float64, CPU);

        var read = attention.forward(drawn with { Value = eye(413, dtype: ScalarType.Float64).expand(1, 1, 413, 413) }).ne(0).sum().item<long>();

        Assert.InRange(read, 413, 413 * 414 / 2 * 0.8);
    }

    [Fact]
    public void Queries_at_the_end_of_a_longer_sequence_read_what_they_read_in_a_whole_one()
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        foreach (var entry in AttentionCatalogue.Of("hip"))
        {
            using var attention = AttentionCatalogue.CreateOperator(entry.Id, new AttentionSettings(AttentionPattern.CausalSelf, 2, 16), Hip);
            var inputs = AttentionInputs.Draw(attention, AttentionShape.Square(AttentionPattern.CausalSelf, 1, 2, 416, 16), 3, ScalarType.Float32, CPU);
            var whole = attention.forward(inputs).narrow(2, 320, 96);

            // 320 earlier tokens are ten whole blocks of queries.
            var end = attention.forward(inputs with { Query = inputs.Query.narrow(2, 320, 96) });

            Assert.True((whole - end).abs().max().item<float>() < 1e-5, entry.Id);
        }
    }

    private static Dictionary<string, string> Options(string mechanism) => mechanism == "hip" ? Hip : FlexPrefill;
}
