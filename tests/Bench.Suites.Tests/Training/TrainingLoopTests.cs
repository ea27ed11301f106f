using Bench.Domain.Results;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using TorchSharp;

namespace Bench.Suites.Tests.Training;

public sealed class TrainingLoopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-loop").FullName;

    /// <summary>Recipes whose state differs: the plain one, a chosen state, a ring of states.</summary>
    public static TheoryData<string, int> Kills
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var batch in new[] { 1, 2, 3, 5, 7, 9, 11 })
            {
                data.Add("last", batch);
            }

            foreach (var batch in new[] { 4, 6, 9 })
            {
                data.Add("best", batch);
                data.Add("average", batch);
            }

            return data;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Kills))]
    public void A_training_killed_at_any_step_and_resumed_equals_an_uninterrupted_one_bit_for_bit(string name, int dieAt)
    {
        var recipe = Named(name);
        using var whole = new ToyLearner();
        using var killed = new ToyLearner { DieAt = dieAt };
        using var resumed = new ToyLearner();

        var expected = Train(whole, recipe);
        Assert.Throws<InvalidOperationException>(() => Train(killed, recipe, Checkpoint()));
        var actual = Train(resumed, recipe, Checkpoint());

        Assert.Equal(whole.Weights(), resumed.Weights());
        Assert.Equal(expected.Curve, actual.Curve);
        Assert.Equal(expected.Test, actual.Test);
        Assert.Equal((expected.Steps, expected.TestedStep, expected.Tokens, expected.TrainLoss), (actual.Steps, actual.TestedStep, actual.Tokens, actual.TrainLoss));
        // What was saved is not done again: one batch may be lost, because steps are saved whole.
        Assert.InRange(resumed.Made, 12 - dieAt, 12 - dieAt + 1);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public void A_training_lowers_its_loss_and_counts_what_it_read()
    {
        using var learner = new ToyLearner(rows: 16, dropout: 0);

        var outcome = Train(learner, Named("last") with { Steps = 300, EvaluateEvery = 100, AccumulateSteps = 1, LearningRate = 0.01 });

        Assert.True(outcome.Test["testLoss"] < 0.02, $"The test loss is {outcome.Test["testLoss"]}.");
        Assert.Equal(300 * 16, outcome.Tokens);
        Assert.Equal([100, 200, 300], outcome.Curve.Where(point => point.Metric == "trainLoss").Select(point => point.Step));
        var losses = outcome.Curve.Where(point => point.Metric == "trainLoss").Select(point => point.Value).ToList();
        Assert.True(losses[1] < losses[0] / 2, $"The training losses are {string.Join(", ", losses)}.");
        Assert.Equal(outcome.TrainLoss, losses[^1]);
    }

    [Fact]
    public void Accumulated_batches_train_like_one_batch_of_all_their_rows()
    {
        // Batch norm sees the parts apart, so it is left out here.
        using var parts = new ToyLearner(rows: 4, dropout: 0, norm: false);
        using var whole = new ToyLearner(rows: 12, dropout: 0, norm: false);
        var recipe = Named("last") with { Steps = 5 };

        Train(parts, recipe with { AccumulateSteps = 3 });
        Train(whole, recipe with { AccumulateSteps = 1 });

        foreach (var (a, b) in parts.Model.parameters().Zip(whole.Model.parameters()))
        {
            Assert.True(a.allclose(b, rtol: 1e-5, atol: 1e-6), "A weight differs.");
        }
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_cell_as_diverged_and_names_step_and_rate()
    {
        using var learner = new ToyLearner { LossScale = double.PositiveInfinity };

        var failed = Assert.Throws<CellFailedException>(() => Train(learner, Named("last")));

        Assert.Equal(FailureClass.Diverged, failed.Failure.Class);
        Assert.Contains("step 0", failed.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("learning rate 1e-2", failed.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_metric_that_is_not_finite_ends_the_cell_as_diverged()
    {
        using var learner = new ToyLearner { Scripted = new([double.NaN]) };

        var failed = Assert.Throws<CellFailedException>(() => Train(learner, Named("last")));

        Assert.Equal(FailureClass.Diverged, failed.Failure.Class);
        Assert.Contains("'testLoss'", failed.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patience_counts_evaluations_without_improvement_and_the_best_state_is_tested()
    {
        var recipe = Named("best") with { Steps = 20, EvaluateEvery = 1, AccumulateSteps = 1, Patience = 3 };
        using var learner = new ToyLearner { Scripted = new([5, 4, 4.5, 3, 3, 3.5, 9]) };
        using var shorter = new ToyLearner();

        var outcome = Train(learner, recipe);
        Train(shorter, recipe with { Steps = 4, SelectionMetric = null, Patience = null });

        Assert.Equal((7, 4), (outcome.Steps, outcome.TestedStep));
        Assert.Equal(shorter.Weights(), learner.Weights());
    }

    [Fact]
    public void The_last_states_are_averaged_before_the_test()
    {
        var recipe = Named("last") with { EvaluateEvery = 1, AccumulateSteps = 1 };
        var states = new List<float[]>();
        foreach (var steps in new[] { 5, 6 })
        {
            using var learner = new ToyLearner();
            Train(learner, recipe with { Steps = steps });
            states.Add([.. learner.Model.parameters().SelectMany(parameter => parameter.data<float>().ToArray())]);
        }

        using var averaged = new ToyLearner();
        Train(averaged, recipe with { Steps = 6, AverageLast = 2 });

        var mean = states[0].Zip(states[1], (a, b) => (a + b) / 2);
        Assert.Equal(mean, averaged.Model.parameters().SelectMany(parameter => parameter.data<float>().ToArray()), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Every_validation_draws_the_same_numbers_and_every_step_its_own()
    {
        using var learner = new ToyLearner();

        Train(learner, Named("last"));

        // Two batches a step, six steps, three evaluations and the test.
        Assert.Equal(12 + 1 + 1, learner.Seeds.Distinct().Count());
        Assert.Equal(12 + 3 + 1, learner.Seeds.Count);
    }

    [Fact]
    public void A_model_of_sixteen_bit_weights_learns_with_a_copy_of_thirty_two()
    {
        using var learner = new ToyLearner(rows: 16, dropout: 0, norm: false);
        learner.Model.to(torch.ScalarType.BFloat16);

        var outcome = Train(learner, Named("last") with { Steps = 300, EvaluateEvery = 100, AccumulateSteps = 1, LearningRate = 0.003 });

        Assert.True(outcome.Test["testLoss"] < 0.05, $"The test loss is {outcome.Test["testLoss"]}.");
        Assert.All(learner.Model.parameters(), parameter => Assert.Equal(torch.ScalarType.BFloat16, parameter.dtype));
    }

    [Fact]
    public void A_recipe_that_contradicts_itself_is_refused()
    {
        using var learner = new ToyLearner();

        Assert.Throws<ArgumentException>(() => Train(learner, Named("best") with { AverageLast = 2 }));
        Assert.Throws<ArgumentException>(() => Train(learner, Named("last") with { Patience = 2 }));
        Assert.Throws<ArgumentException>(() => Train(learner, Named("last") with { LearningRate = double.NaN }));
        Assert.Throws<ArgumentException>(() => Train(learner, Named("last") with { Steps = 0 }));
    }

    [Fact]
    public void A_training_leaves_no_tensors_behind()
    {
        using var learner = new ToyLearner();
        using var loop = new TrainingLoop<ToyBatch>(learner, Named("average"), seed: 3);
        loop.Run((_, _) => { });
        var after = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        loop.Progress.Steps = 0;
        loop.Run((_, _) => { });

        Assert.Equal(after, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static TrainingRecipe Named(string name)
    {
        var recipe = new TrainingRecipe { Steps = 6, EvaluateEvery = 2, LearningRate = 0.01, WeightDecay = 0.1, ClipNorm = 1, AccumulateSteps = 2 };
        return name switch
        {
            "best" => recipe with { SelectionMetric = "testLoss", SelectionBetter = Better.Lower },
            "average" => recipe with { AverageLast = 2 },
            _ => recipe,
        };
    }

    private static LearningOutcome Train(ToyLearner learner, TrainingRecipe recipe, CheckpointFile? checkpoint = null)
    {
        using var loop = new TrainingLoop<ToyBatch>(learner, recipe, seed: 3, checkpoint);
        return loop.Run((_, _) => { });
    }

    private CheckpointFile Checkpoint() => new(Path.Combine(_folder, "loop.checkpoint"), "this", TimeProvider.System, TimeSpan.Zero);
}
