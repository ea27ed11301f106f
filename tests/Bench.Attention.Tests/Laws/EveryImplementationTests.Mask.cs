using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void Padded_keys_leave_no_trace(string id, AttentionPattern pattern, string level)
    {
        foreach (var small in new[] { false, true })
        {
            using var scope = NewDisposeScope();
            var subject = Subject.Build(id, pattern, level, small: small);
            var (n, m) = (pattern.IsCross ? 12 : 37, 37);
            subject.MustFit(2, n, m);
            var mask = Mask(m);
            var (inputs, other) = (subject.Draw(2, n, m, 3), subject.Draw(2, n, m, 4));
            var changed = inputs.ToDictionary(pair => pair.Key, pair => Hide(subject, pair.Key, pair.Value, other[pair.Key], mask));
            var rows = pattern.IsCross ? null : mask;
            var leaves = subject.Leaves(inputs);

            var output = Rows(subject, subject.Forward(inputs, mask), rows);
            Law.Near(output, Rows(subject, subject.Forward(changed, mask), rows), 1e-9, "Outputs of real positions");

            (output * Law.Cotangent(output)).sum().backward();
            foreach (var (name, leaf) in leaves)
            {
                Assert.True(leaf.grad is null || leaf.grad.isfinite().all().item<bool>(), $"The gradient of {name} is not finite under a padding mask.");
            }
        }
    }

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void A_mask_that_hides_nothing_changes_nothing(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level, small: true);
        var (n, m) = (pattern.IsCross ? 12 : 23, 23);
        subject.MustFit(2, n, m);
        var inputs = subject.Draw(2, n, m);
        Law.Near(subject.Forward(inputs), subject.Forward(inputs, ones([2, m], ScalarType.Bool)), 1e-9, "With and without a mask");
    }

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void A_mask_that_hides_a_key_is_noticed(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level);
        var (n, m) = (pattern.IsCross ? 12 : 19, 19);
        subject.MustFit(2, n, m);
        var inputs = subject.Draw(2, n, m);
        var mask = ones([2, m], ScalarType.Bool);
        mask[.., 3] = false;
        var rows = pattern.IsCross ? null : mask;
        var distance = Law.Distance(Rows(subject, subject.Forward(inputs), rows), Rows(subject, subject.Forward(inputs, mask), rows));
        Assert.True(distance > 1e-6, $"Hiding a key moved the output by {distance:g3} only.");
    }

    /// <summary>Padding at the end of one sequence; at the start and in the middle of the other.</summary>
    private static Tensor Mask(int length)
    {
        var mask = ones([2, length], ScalarType.Bool);
        mask[0, ^(length / 3)..] = false;
        mask[1, ..2] = false;
        mask[1, 9..11] = false;
        return mask;
    }

    /// <summary>The tensor with another draw where its token is padded.</summary>
    private static Tensor Hide(Subject subject, string name, Tensor tensor, Tensor other, Tensor mask)
    {
        var axis = subject.TokenAxis(name);
        if (axis < 0 || subject.Pattern.IsCross && subject.IsQuerySide(name))
        {
            return tensor.clone();
        }

        var sizes = Enumerable.Repeat(1L, (int)tensor.dim()).ToArray();
        (sizes[0], sizes[axis]) = (mask.shape[0], mask.shape[1]);
        return where(mask.view(sizes), tensor, other);
    }

    /// <summary>The output with rows of padded queries set to zero.</summary>
    private static Tensor Rows(Subject subject, Tensor output, Tensor? mask) => mask is null
        ? output
        : output.masked_fill(subject.OutputAxis == 1 ? mask.logical_not().unsqueeze(-1) : mask.logical_not().unsqueeze(1).unsqueeze(-1), 0);
}
