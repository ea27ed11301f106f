using Bench.Attention;
using Bench.Attention.Softmax;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Efficiency;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Efficiency;

/// <summary>Each way to cheat is an implementation here; each must be caught with the right reason and never timed.</summary>
public sealed class CorrectnessGateTests
{
    private static readonly AttentionShape Shape = AttentionShape.Square(AttentionPattern.CausalSelf, 1, 2, 33, 8);
    private static readonly AttentionSettings Settings = new(AttentionPattern.CausalSelf, 2, 8);

    [Fact]
    public void An_honest_implementation_passes_and_reports_its_error()
    {
        using var workload = Around(new FusedSoftmax(Settings));

        var report = Pass(workload).Report;

        Assert.True(report.Checked);
        Assert.Equal(1 * 2 * 33 * 8, report.Compared);
        Assert.InRange(report.MaxRelError, 0, 1e-5);
    }

    [Theory]
    [InlineData(false, 2048)]
    [InlineData(true, 64)]
    public void Later_process_of_a_run_compares_sampled_rows_of_a_long_sequence(bool isBrief, int rows)
    {
        var shape = AttentionShape.Square(AttentionPattern.CausalSelf, 1, 2, 2048, 8);
        using var workload = Workload.Around(new FusedSoftmax(Settings), shape, seed: 1);

        var gate = CorrectnessGate.Pass(workload, "softmax/sdpa", new Dictionary<string, string>(), 1, isBrief);

        Assert.Equal(2 * rows * 8, gate.Report.Compared);
    }

    [Fact]
    public void An_output_that_is_not_finite_is_refused() => Refused(new Cheat(inputs => True(inputs).index_fill_(2, tensor([5L]), float.NaN)), "NaN or infinite");

    [Fact]
    public void An_output_of_another_shape_is_refused() => Refused(new Cheat(inputs => True(inputs).narrow(2, 0, 32)), "it must be [1, 2, 33, 8]");

    [Fact]
    public void A_result_that_is_slightly_wrong_is_refused() => Refused(new Cheat(inputs => True(inputs).mul_(1.01)), "differs from softmax/naive");

    [Fact]
    public void Changing_an_input_is_refused() => Refused(
        new Cheat(inputs =>
        {
            var output = True(inputs);
            inputs.Key.zero_();
            return output;
        }),
        "changed its input 'k'");

    [Fact]
    public void Returning_an_input_s_memory_is_refused() => Refused(new Cheat(inputs => inputs.Value.alias()), "shares memory with the input 'v'");

    [Fact]
    public void Computing_only_some_rows_is_refused() => Refused(
        new Cheat(inputs =>
        {
            var output = True(inputs);
            output.narrow(2, 16, 17).zero_();
            return output;
        }),
        "differs from softmax/naive");

    [Fact]
    public void Replaying_the_result_of_the_check_is_refused_at_the_first_repetition()
    {
        Tensor? kept = null;
        var calls = 0;
        using var workload = Around(new Cheat(inputs =>
        {
            // Honest while it is checked, then always the last checked result.
            var output = ++calls <= 4 ? True(inputs) : kept!.clone();
            kept = calls <= 4 ? output.clone().DetachFromDisposeScope() : kept;
            return output;
        }));
        var gate = Pass(workload);

        var refused = Assert.Throws<CellFailedException>(() => Repeat(workload, gate));

        Assert.Equal(FailureClass.Incorrect, refused.Failure.Class);
        Assert.Contains("replayed", refused.Message, StringComparison.Ordinal);
        kept!.Dispose();
    }

    [Fact]
    public void Leaving_the_work_to_another_thread_is_refused()
    {
        var calls = 0;
        var later = new List<Thread>();
        using var release = new ManualResetEventSlim();
        using var workload = Around(new Cheat(inputs =>
        {
            var right = True(inputs);
            if (++calls <= 4)
            {
                return right;
            }

            var output = zeros_like(right);
            var copy = right.clone().DetachFromDisposeScope();
            var target = output.alias().DetachFromDisposeScope();
            var thread = new Thread(() =>
            {
                release.Wait();
                target.copy_(copy);
                target.Dispose();
                copy.Dispose();
            });
            thread.Start();
            later.Add(thread);
            return output;
        }));
        var gate = Pass(workload);

        var refused = Assert.Throws<CellFailedException>(() => Repeat(workload, gate));

        release.Set();
        later.ForEach(thread => thread.Join());
        Assert.Contains("still being written", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_sequences_are_checked_on_sampled_rows()
    {
        var shape = AttentionShape.Square(AttentionPattern.CausalSelf, 1, 1, 12_000, 4);
        using var workload = Workload.Around(new FusedSoftmax(new AttentionSettings(AttentionPattern.CausalSelf, 1, 4)), shape, seed: 3);

        var report = Pass(workload).Report;

        Assert.Equal(64 * 4, report.Compared);
        Assert.InRange(report.MaxRelError, 0, 1e-4);
    }

    [Fact]
    public void Fewer_sets_of_inputs_still_rotate()
    {
        using var workload = Around(new FusedSoftmax(Settings));
        workload.KeepSets(2);
        using var scope = NewDisposeScope();

        var outputs = Enumerable.Range(0, 3).Select(workload.Forward).ToList();

        Assert.Equal(2, workload.SetCount);
        Assert.False(outputs[0].allclose(outputs[1]));
        Assert.True(outputs[0].allclose(outputs[2]));
    }

    private static void Refused(AttentionOperator cheat, string reason)
    {
        using var workload = Around(cheat);

        var refused = Assert.Throws<CellFailedException>(() => Pass(workload));

        Assert.Equal(FailureClass.Incorrect, refused.Failure.Class);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static void Repeat(Workload workload, CorrectnessGate gate)
    {
        for (var repetition = 0; repetition < 4; repetition++)
        {
            using var scope = NewDisposeScope();
            gate.CheckRepetition(repetition, workload.Forward(repetition));
        }
    }

    private static CorrectnessGate Pass(Workload workload) =>
        CorrectnessGate.Pass(workload, "softmax/sdpa", new Dictionary<string, string>(), seed: 1);

    private static Workload Around(AttentionOperator attention) => Workload.Around(attention, Shape, seed: 1);

    private static Tensor True(AttentionInputs inputs)
    {
        using var honest = new NaiveSoftmax(Settings);
        return honest.forward(inputs);
    }

    private sealed class Cheat(Func<AttentionInputs, Tensor> pass) : AttentionOperator(CorrectnessGateTests.Settings)
    {
        public override Tensor forward(AttentionInputs inputs) => pass(inputs);

        public override AttentionCost Cost(AttentionShape shape) => new(1, 1, 1);
    }
}
