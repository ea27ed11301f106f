using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    [Theory, MemberData(nameof(Law.EveryLevel), MemberType = typeof(Law))]
    public void Prefill_and_steps_equal_the_full_pass(string id, AttentionPattern pattern, string level)
    {
        using var nograd = no_grad();
        foreach (var (small, prefix) in new[] { (true, 1), (true, 10), (false, 7) })
        {
            using var scope = NewDisposeScope();
            var subject = Subject.Build(id, pattern, level, small: small);
            var (n, m) = (27, pattern.IsCross ? 15 : 27);
            subject.MustFit(2, n, m);
            var inputs = subject.Draw(2, n, m);
            if (!subject.Decodes)
            {
                Assert.Throws<NotSupportedException>(() => subject.Prefill(inputs));
                return;
            }

            var expected = subject.Forward(inputs);
            var (output, state) = subject.Prefill(subject.Tokens(inputs, 0, prefix));
            var parts = new List<Tensor> { output };
            for (var i = prefix; i < n; i++)
            {
                parts.Add(subject.Step(subject.Tokens(inputs, i, 1), state));
            }

            Law.Near(expected, cat(parts, subject.OutputAxis), 1e-9, $"Prefill of {prefix}, then steps");
            state.Dispose();
        }
    }

    [Theory, MemberData(nameof(Law.EveryLevel), MemberType = typeof(Law))]
    public void The_state_holds_as_many_numbers_as_its_formula_says(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level, small: true);
        if (!subject.Decodes)
        {
            Assert.Equal(0, subject.StateSize(subject.Shape(1, 10, 10)));
            return;
        }

        foreach (var n in new[] { 1, 5, 21 })
        {
            var m = pattern.IsCross ? 15 : n;
            subject.MustFit(2, n, m);
            var inputs = subject.Draw(2, n, m);
            var state = subject.Prefill(subject.Tokens(inputs, 0, 1)).State;
            for (var i = 1; i < n; i++)
            {
                subject.Step(subject.Tokens(inputs, i, 1), state).Dispose();
            }

            Assert.Equal(2 * sizeof(double) * subject.StateSize(subject.Shape(2, n, m)), state.Bytes);
            state.Dispose();
        }
    }
}
