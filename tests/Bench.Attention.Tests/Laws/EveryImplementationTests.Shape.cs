using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    private static readonly (int N, int M)[] SelfSizes = [(1, 1), (2, 2), (17, 17), (63, 63), (130, 130)];
    private static readonly (int N, int M)[] CrossSizes = [(1, 1), (1, 17), (17, 2), (63, 130), (130, 63)];

    [Theory, MemberData(nameof(Law.EveryLevel), MemberType = typeof(Law))]
    public void Output_has_the_query_shape_and_finite_gradients_at_odd_lengths(string id, AttentionPattern pattern, string level)
    {
        foreach (var small in new[] { false, true })
        {
            var subject = Subject.Build(id, pattern, level, ScalarType.Float32, small);
            foreach (var (n, m) in (pattern.IsCross ? CrossSizes : SelfSizes).Where(size => !small || size.N is 17 or 63))
            {
                using var scope = NewDisposeScope();
                subject.MustFit(2, n, m);
                var inputs = subject.Draw(2, n, m);
                var leaves = subject.Leaves(inputs);
                var output = subject.Forward(inputs);
                Assert.Equal(level == "layer" ? [2, n, 16] : [2, 2, n, 8], output.shape);
                Assert.True(output.isfinite().all().item<bool>(), $"N = {n}, M = {m}: output is not finite.");
                (output * Law.Cotangent(output)).sum().backward();
                foreach (var (name, leaf) in leaves)
                {
                    Assert.True(leaf.grad is null || leaf.grad.isfinite().all().item<bool>(), $"N = {n}, M = {m}: gradient of {name} is not finite.");
                }

                subject.Module.zero_grad();
            }
        }
    }

    [Theory, MemberData(nameof(Law.Operators), MemberType = typeof(Law))]
    public void Values_may_have_another_size_than_keys(string id, AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        AttentionOperator attention;
        try
        {
            attention = AttentionCatalogue.CreateOperator(id, new AttentionSettings(pattern, 2, 8) { ValueSize = 4, MaxLength = 160 });
        }
        catch (ArgumentException refusal)
        {
            Assert.Contains("value", refusal.Message, StringComparison.OrdinalIgnoreCase);
            return;
        }

        var shape = new AttentionShape(pattern, 2, 2, 19, 19, 8, 4);
        if (attention.WhyNot(shape) is { } reason)
        {
            Assert.Skip($"{id} says: {reason}");
        }

        manual_seed(5);
        var output = attention.forward(AttentionInputs.Draw(attention, shape, 3, ScalarType.Float32, CPU));
        Assert.Equal([2, 2, 19, 4], output.shape);
    }

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void Cost_is_positive_and_covers_at_least_the_output(string id, AttentionPattern pattern, string level)
    {
        var subject = Subject.Build(id, pattern, level);
        var (once, twice) = (subject.Cost(subject.Shape(2, 512, 512)), subject.Cost(subject.Shape(2, 1024, 1024)));
        Assert.True(once.Flops > 0 && once.Elements > 0 && once.ActivationElements > 0, "Cost must be positive.");
        Assert.True(once.ActivationElements >= 2 * 512 * 16, "The output itself must be counted as activation.");
        Assert.True(twice.Flops >= 1.3 * once.Flops, $"Twice the length needs {twice.Flops / once.Flops:0.00} times the work.");
    }
}
