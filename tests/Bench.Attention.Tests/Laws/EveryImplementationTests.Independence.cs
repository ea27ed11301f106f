using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    /// <summary>Mechanisms whose definition lets heads exchange information, with the reason.</summary>
    private static readonly Dictionary<string, string> HeadsExchange = new()
    {
        ["moh-norm"] = "The router switches a head on by comparing it with its neighbours.",
    };

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void A_sequence_gives_the_same_alone_and_in_a_batch(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level, small: true);
        var (n, m) = (37, pattern.IsCross ? 21 : 37);
        subject.MustFit(2, n, m);
        var inputs = subject.Draw(2, n, m);
        var together = subject.Forward(inputs);
        for (var row = 0; row < 2; row++)
        {
            var one = inputs.ToDictionary(
                pair => pair.Key, pair => subject.BatchAxis(pair.Key) is var axis and >= 0 ? pair.Value.narrow(axis, row, 1) : pair.Value);
            Law.Near(together.narrow(0, row, 1), subject.Forward(one), 1e-9, $"Sequence {row}");
        }
    }

    [Theory, MemberData(nameof(Law.Operators), MemberType = typeof(Law))]
    public void A_head_does_not_hear_its_neighbour(string id, AttentionPattern pattern)
    {
        if (HeadsExchange.TryGetValue(AttentionCatalogue.Get(id).Mechanism, out var reason))
        {
            Assert.Skip(reason);
        }

        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, "operator", small: true);
        var (n, m) = (23, pattern.IsCross ? 14 : 23);
        subject.MustFit(2, n, m);
        var (inputs, other) = (subject.Draw(2, n, m, 3), subject.Draw(2, n, m, 4));
        var changed = inputs.ToDictionary(
            pair => pair.Key,
            pair => subject.HeadAxis(pair.Key) is var axis and >= 0
                ? cat([pair.Value.narrow(axis, 0, 1), other[pair.Key].narrow(axis, 1, pair.Value.shape[axis] - 1)], axis)
                : pair.Value);
        var (before, after) = (subject.Forward(inputs), subject.Forward(changed));
        Law.Near(before.narrow(1, 0, 1), after.narrow(1, 0, 1), 1e-9, "Head 0");
        Assert.True(Law.Distance(before, after) > 1e-6, "Head 1 did not notice its own change.");
    }

    [Theory, MemberData(nameof(Law.Everything), MemberType = typeof(Law))]
    public void The_same_seed_gives_the_same_numbers(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (first, second) = (Subject.Build(id, pattern, level), Subject.Build(id, pattern, level));
        var (n, m) = (33, pattern.IsCross ? 21 : 33);
        first.MustFit(2, n, m);
        var inputs = first.Draw(2, n, m);
        var output = first.Forward(inputs);
        Assert.Equal(0, Law.Distance(output, second.Forward(inputs)));
        if (!AttentionCatalogue.Get(id).Facts.Random)
        {
            manual_seed(1234);
            Assert.Equal(0, Law.Distance(output, first.Forward(inputs, seed: null)));
        }
    }
}
