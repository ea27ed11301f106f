using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    private const double Tolerance = 1e-9;

    public static IEnumerable<TheoryDataRow<string, AttentionPattern, string>> Causal() => Law.EveryLevel().Where(row => row.Data.Item2.IsCausal);

    public static IEnumerable<TheoryDataRow<string, AttentionPattern, string>> Noncausal() => Law.Everything().Where(row => !row.Data.Item2.IsCausal);

    public static IEnumerable<TheoryDataRow<string, AttentionPattern, string>> Cross() => Law.Everything().Where(row => row.Data.Item2.IsCross);

    [Theory, MemberData(nameof(Causal))]
    public void Changing_later_tokens_leaves_earlier_outputs(string id, AttentionPattern pattern, string level)
    {
        var choosesAhead = AttentionCatalogue.Get(id).Facts.ChoosesAhead;
        if (choosesAhead && level == "layer")
        {
            Assert.Skip($"{id} chooses keys by the whole prompt, and inside a layer values cannot change without keys; the operator's law covers them.");
        }

        foreach (var (small, n, m) in new[] { (true, 37, 21), (false, 130, 33) })
        {
            using var scope = NewDisposeScope();
            using var nograd = no_grad();
            var subject = Subject.Build(id, pattern, level, small: small);
            var source = pattern.IsCross ? m : n;
            subject.MustFit(2, n, source);
            var (inputs, other) = (subject.Draw(2, n, source, 3), subject.Draw(2, n, source, 4));
            var output = subject.Forward(inputs);
            foreach (var from in new[] { 1, 2, n / 2, (n / 2) + 3, n - 1 })
            {
                // Who chooses keys by the whole prompt must at least read no later value.
                var changed = subject.Forward(subject.Replace(inputs, other, name => subject.IsQuerySide(name) && (!choosesAhead || name == "v"), from));
                Law.Near(output.narrow(subject.OutputAxis, 0, from), changed.narrow(subject.OutputAxis, 0, from), Tolerance, $"Outputs before {from} of {n}");
                Assert.True(Law.Distance(output, changed) > 1e-6, "The output did not notice the change at all.");
            }
        }
    }

    [Theory, MemberData(nameof(Causal))]
    public void Gradient_of_an_output_by_a_later_token_is_zero(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        var subject = Subject.Build(id, pattern, level, small: true);
        var (n, m) = (29, pattern.IsCross ? 13 : 29);
        subject.MustFit(2, n, m);
        foreach (var until in new[] { 1, 14, 28 })
        {
            var inputs = subject.Draw(2, n, m);
            var leaves = subject.Leaves(inputs);
            var seen = subject.Forward(inputs).narrow(subject.OutputAxis, 0, until);
            (seen * Law.Cotangent(seen)).sum().backward();
            foreach (var (name, leaf) in leaves.Where(pair => inputs.ContainsKey(pair.Key) && subject.IsQuerySide(pair.Key)))
            {
                var axis = subject.TokenAxis(name);
                if (axis >= 0 && leaf.grad is { } gradient)
                {
                    var later = Law.Scale(gradient.narrow(axis, until, n - until));
                    Assert.True(later <= Tolerance * Math.Max(1, Law.Scale(gradient)), $"Outputs before {until} have a gradient of {later:g3} by later {name}.");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Causal))]
    public void A_prefix_of_the_queries_gives_a_prefix_of_the_outputs(string id, AttentionPattern pattern, string level)
    {
        if (AttentionCatalogue.Get(id).Facts.Random)
        {
            Assert.Skip($"{id} draws its random numbers by length; a shorter call has other draws.");
        }

        if (AttentionCatalogue.Get(id).Facts.ChoosesAhead)
        {
            Assert.Skip($"{id} chooses keys by the whole prompt; a shorter one may choose others.");
        }

        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level, small: true);
        var (n, m) = (37, pattern.IsCross ? 21 : 37);
        subject.MustFit(1, n, m);
        var inputs = subject.Draw(1, n, m);
        var output = subject.Forward(inputs);
        foreach (var count in new[] { 1, 9, 24 })
        {
            subject.MustFit(1, count, pattern.IsCross ? m : count);
            Law.Near(output.narrow(subject.OutputAxis, 0, count), subject.Forward(subject.Tokens(inputs, 0, count)), Tolerance, $"First {count} of {n}");
        }
    }

    [Theory, MemberData(nameof(Noncausal))]
    public void A_noncausal_output_depends_on_the_last_token(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level);
        subject.MustFit(2, 17, 17);
        var (inputs, other) = (subject.Draw(2, 17, 17, 3), subject.Draw(2, 17, 17, 4));
        var changed = subject.Forward(subject.Replace(inputs, other, name => !pattern.IsCross || !subject.IsQuerySide(name), 16));
        var distance = Law.Distance(subject.Forward(inputs).narrow(subject.OutputAxis, 0, 16), changed.narrow(subject.OutputAxis, 0, 16));
        Assert.True(distance > 1e-6, $"Another last token moved the earlier outputs by {distance:g3} only.");
    }

    [Theory, MemberData(nameof(Cross))]
    public void A_cross_output_depends_on_the_source(string id, AttentionPattern pattern, string level)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var subject = Subject.Build(id, pattern, level);
        subject.MustFit(2, 12, 19);
        var (inputs, other) = (subject.Draw(2, 12, 19, 3), subject.Draw(2, 12, 19, 4));
        var output = subject.Forward(inputs);
        double Moved(Func<string, bool> which) => Law.Distance(output, subject.Forward(subject.Replace(inputs, other, which, 0)));

        // Some mechanisms make their keys from a gate: values must count by themselves, and something else of the source besides.
        foreach (var (what, which) in new (string, Func<string, bool>)[]
                 {
                     ("source value", name => name is "v" or "context"),
                     ("source key or gate", name => name != "v" && !subject.IsQuerySide(name)),
                 })
        {
            Assert.True(Moved(which) > 1e-6, $"Another {what} moved the output by {Moved(which):g3} only.");
        }
    }
}
