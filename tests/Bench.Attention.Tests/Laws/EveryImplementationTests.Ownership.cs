using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    [Theory, MemberData(nameof(Law.EveryLevel), MemberType = typeof(Law))]
    public void No_tensor_outlives_a_call(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        var subject = Subject.Build(id, pattern, level, small: true);
        var (n, m) = (19, pattern.IsCross ? 12 : 19);
        subject.MustFit(2, n, m);
        var inputs = subject.Draw(2, n, m);
        var mask = ones([2, m], ScalarType.Bool);
        subject.Leaves(inputs);
        subject.Forward(inputs).Dispose();

        Assert.Equal(0, Left(() => subject.Forward(inputs).Dispose()));
        Assert.Equal(0, Left(() => subject.Forward(inputs, mask).Dispose()));
        if (subject.Decodes)
        {
            Assert.Equal(0, Left(() =>
            {
                using var nograd = no_grad();
                var (output, state) = subject.Prefill(subject.Tokens(inputs, 0, 3));
                output.Dispose();
                using (var step = NewDisposeScope())
                {
                    subject.Step(subject.Tokens(inputs, 3, 1), state);
                    subject.Step(subject.Tokens(inputs, 4, 1), state);
                }

                state.Dispose();
            }));
        }
    }

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void Inputs_are_not_changed_and_the_result_is_fresh(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level, small: true);
        var (n, m) = (19, pattern.IsCross ? 12 : 19);
        subject.MustFit(2, n, m);
        foreach (var length in new[] { 1, n })
        {
            var inputs = subject.Draw(2, length, pattern.IsCross ? m : length);
            var copies = inputs.ToDictionary(pair => pair.Key, pair => pair.Value.clone());
            var parameters = subject.Module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
            var mask = ones([2, pattern.IsCross ? m : length], ScalarType.Bool);
            subject.Forward(inputs).fill_(7);
            subject.Forward(inputs, mask).fill_(7);
            foreach (var (name, copy) in copies)
            {
                Assert.Equal(0, Law.Distance(copy, inputs[name]));
            }

            foreach (var (name, tensor) in subject.Module.state_dict())
            {
                Assert.Equal(0, Law.Distance(parameters[name], tensor));
            }

            Assert.True(mask.all().item<bool>(), "The mask was changed.");
        }
    }

    /// <summary>Tensors of this thread that are alive after the action and were not before, beyond those of the surrounding scope.</summary>
    private static long Left(Action action)
    {
        using var scope = NewDisposeScope();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        var views = scope.DisposablesCount;
        return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before - views;
    }
}
