using Bench.Attention;
using Bench.Attention.Softmax;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Efficiency;

/// <summary>A comparison gives a ratio for right results only.</summary>
public sealed class ForwardComparisonTests
{
    private static readonly ForwardComparison Small = new(AttentionPattern.CausalSelf, Length: 33, Heads: 2, HeadSize: 8, Threads: 1, Passes: 3);
    private static readonly ForwardCandidate Baseline = ForwardCandidate.Of(AttentionCatalogue.Get("softmax/sdpa"));

    [Fact]
    public void A_right_result_gets_a_ratio()
    {
        var row = Assert.Single(Small.Run(Baseline, [new ForwardCandidate("softmax/naive", settings => new NaiveSoftmax(settings))]));

        Assert.Null(row.Reason);
        Assert.False(row.Incorrect);
        Assert.True(row.Milliseconds > 0 && row.TimesFaster > 0 && row.GigaflopsPerSecond > 0);
    }

    [Fact]
    public void A_wrong_result_is_incorrect_and_gets_no_ratio() => Refused(output => output.mul(1.01), "differs from softmax/naive");

    [Fact]
    public void A_result_that_turns_wrong_while_it_is_timed_is_incorrect_and_gets_no_ratio()
    {
        var calls = 0;
        // The gate looks at four sets of inputs before the first timed pass.
        Refused(output => ++calls <= 4 ? output.clone() : zeros_like(output), "other numbers than the checked pass");
    }

    [Fact]
    public void A_shape_that_cannot_run_has_its_reason_and_is_not_called_incorrect()
    {
        var row = Assert.Single(Small.Run(
            Baseline, [new ForwardCandidate("softmax/naive", _ => throw new ArgumentException("heads of 8 are too small"))]));

        Assert.Equal("heads of 8 are too small", row.Reason);
        Assert.False(row.Incorrect);
        Assert.Equal(0, row.TimesFaster);
    }

    [Fact]
    public void A_wrong_baseline_ends_the_comparison()
    {
        var wrong = new ForwardCandidate("softmax/sdpa", settings => new Changed(settings, output => output.mul(1.01)));

        var failure = Assert.Throws<CellFailedException>(() => Small.Run(wrong, [Baseline]).ToList());

        Assert.Equal(FailureClass.Incorrect, failure.Failure.Class);
    }

    private static void Refused(Func<Tensor, Tensor> change, string reason)
    {
        var row = Assert.Single(Small.Run(Baseline, [new ForwardCandidate("softmax/naive", settings => new Changed(settings, change))]));

        Assert.True(row.Incorrect);
        Assert.StartsWith("incorrect: ", row.Reason, StringComparison.Ordinal);
        Assert.Contains(reason, row.Reason, StringComparison.Ordinal);
        Assert.Equal((0.0, 0.0, 0.0), (row.Milliseconds, row.TimesFaster, row.GigaflopsPerSecond));
    }

    /// <summary>Softmax attention whose result is changed before it is returned.</summary>
    private sealed class Changed(AttentionSettings settings, Func<Tensor, Tensor> change) : AttentionOperator(settings)
    {
        public override Tensor forward(AttentionInputs inputs)
        {
            using var scope = NewDisposeScope();
            using var honest = new NaiveSoftmax(Settings);
            return change(honest.forward(inputs)).MoveToOuterDisposeScope();
        }

        public override AttentionCost Cost(AttentionShape shape) => new(1e6, 1, 1);
    }
}
