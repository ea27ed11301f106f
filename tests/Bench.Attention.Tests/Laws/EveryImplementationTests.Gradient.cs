using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    private const double Step = 1e-6;

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void Gradients_equal_finite_differences(string id, AttentionPattern pattern, string level)
    {
        var subject = Subject.Build(id, pattern, level, small: true, headSize: 4);
        foreach (var (n, m) in pattern.IsCross ? new[] { (9, 14) } : [(13, 13)])
        {
            using var scope = NewDisposeScope();
            subject.MustFit(2, n, m);
            var inputs = subject.Draw(2, n, m);
            var leaves = subject.Leaves(inputs);
            var output = subject.Forward(inputs);
            var cotangent = Law.Cotangent(output);
            (output * cotangent).sum().backward();
            foreach (var (name, leaf) in leaves)
            {
                using var inner = NewDisposeScope();
                using var nograd = no_grad();
                using var generator = new Generator(9, CPU);
                var direction = randn(leaf.shape, generator: generator).to(leaf.dtype);
                var analytic = leaf.grad is { } gradient ? (gradient * direction).sum().item<double>() : 0;
                double At(double distance)
                {
                    leaf.add_(direction * distance);
                    var value = (subject.Forward(inputs) * cotangent).sum().item<double>();
                    leaf.sub_(direction * distance);
                    return value;
                }

                var numeric = (At(Step) - At(-Step)) / (2 * Step);
                var scale = Math.Max(1, Math.Max(Math.Abs(numeric), Math.Abs(analytic)));
                Assert.True(Math.Abs(numeric - analytic) <= 2e-5 * scale, $"{name}: gradient {analytic:g8}, finite difference {numeric:g8}.");
            }
        }
    }

    [Theory, MemberData(nameof(Law.Siblings), MemberType = typeof(Law))]
    public void Implementations_of_a_mechanism_agree(string id, AttentionPattern pattern)
    {
        var entry = AttentionCatalogue.Get(id);
        var reference = AttentionCatalogue.ReferenceOf(entry.Mechanism);
        var level = entry.IsLayer || reference.IsLayer ? "layer" : "operator";
        foreach (var (dtype, tolerance) in new[] { (ScalarType.Float64, 1e-9), (ScalarType.Float32, 2e-4) })
        {
            foreach (var (small, n, m) in new[] { (true, 1, 1), (true, 37, 21), (false, 67, 90) })
            {
                using var scope = NewDisposeScope();
                var (ours, theirs) = (
                    Subject.Build(id, pattern, level, dtype, small),
                    Subject.Build(reference.Id, pattern, level, dtype, small));
                var source = pattern.IsCross ? m : n;
                ours.MustFit(2, n, source);
                theirs.MustFit(2, n, source);
                ours.Module.load_state_dict(theirs.Module.state_dict());
                var (mine, other) = (ours.Draw(2, n, source), theirs.Draw(2, n, source));
                var (leaves, expected) = (ours.Leaves(mine), theirs.Leaves(other));
                var (output, outputExpected) = (ours.Forward(mine), theirs.Forward(other));
                Law.Near(outputExpected, output, tolerance, $"Output at N = {n}, {dtype}");

                var cotangent = Law.Cotangent(output);
                (output * cotangent).sum().backward();
                (outputExpected * cotangent).sum().backward();
                foreach (var (name, leaf) in leaves)
                {
                    var (gradient, wanted) = (leaf.grad, expected[name].grad);
                    if (wanted is not null || gradient is not null)
                    {
                        Law.Near(wanted ?? zeros_like(leaf), gradient ?? zeros_like(leaf), 10 * tolerance, $"Gradient of {name} at N = {n}, {dtype}");
                    }
                }
            }
        }
    }

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void Float32_stays_near_float64(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (exact, rounded) = (Subject.Build(id, pattern, level), Subject.Build(id, pattern, level, ScalarType.Float32));
        var (n, m) = (63, pattern.IsCross ? 40 : 63);
        exact.MustFit(2, n, m);
        exact.Module.load_state_dict(rounded.Module.state_dict());
        Law.Near(exact.Forward(exact.Draw(2, n, m)), rounded.Forward(rounded.Draw(2, n, m)), 2e-4, "float32 against float64");
    }
}
