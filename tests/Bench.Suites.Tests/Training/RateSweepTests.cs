using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Recall;
using Bench.Suites.Training;

namespace Bench.Suites.Tests.Training;

public sealed class RateSweepTests : IDisposable
{
    private const int Length = 16;
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-sweep").FullName;

    /// <summary>One mechanism without chance, and one that draws random numbers while it trains.</summary>
    public static TheoryData<string> Mechanisms => ["softmax/sdpa", "performer/chunked"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Mechanisms))]
    public void A_killed_and_resumed_sweep_equals_an_uninterrupted_one_bit_for_bit(string implementation)
    {
        var (whole, wholeWeights) = Run(implementation, Rows(), null);

        // The first attempt dies in the first rate, the second one, four steps later, in the second; both within an epoch.
        Assert.Throws<InvalidOperationException>(() => Run(implementation, Rows(dieAt: 5), Checkpoint()));
        Assert.Throws<InvalidOperationException>(() => Run(implementation, Rows(dieAt: 4), Checkpoint()));
        var (resumed, resumedWeights) = Run(implementation, Rows(), Checkpoint());

        Assert.Equal(wholeWeights, resumedWeights);
        Assert.Equal(whole.Select(Essence), resumed.Select(Essence));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public void A_resume_does_not_repeat_steps_that_were_saved()
    {
        Assert.Throws<InvalidOperationException>(() => Run("softmax/sdpa", Rows(dieAt: 7), Checkpoint()));
        var rows = Rows();

        Run("softmax/sdpa", rows, Checkpoint());

        // 12 steps in all, of two rates with 6 steps; 7 were done when the attempt died.
        Assert.Equal(5, rows.Made);
    }

    [Fact]
    public void A_training_that_ends_before_its_first_save_needs_no_folder()
    {
        var folder = Path.Combine(_folder, "absent");
        var checkpoint = new CheckpointFile(Path.Combine(folder, "sweep.checkpoint"), "this", TimeProvider.System, TimeSpan.FromDays(1));

        var (outcomes, _) = Run("softmax/sdpa", Rows(), checkpoint);

        Assert.Equal(2, outcomes.Count);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Another_trainings_checkpoint_is_not_used()
    {
        Assert.Throws<InvalidOperationException>(() => Run("softmax/sdpa", Rows(dieAt: 7), Checkpoint()));
        var rows = Rows();

        Run("softmax/sdpa", rows, Checkpoint("other"));

        Assert.Equal(12, rows.Made);
    }

    [Theory, InlineData(0), InlineData(40), InlineData(-1)]
    public void A_damaged_checkpoint_counts_as_none(int at)
    {
        Assert.Throws<InvalidOperationException>(() => Run("softmax/sdpa", Rows(dieAt: 7), Checkpoint()));
        var file = Directory.EnumerateFiles(_folder).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[at < 0 ? ^1 : at] ^= 1;
        File.WriteAllBytes(file, bytes);
        var rows = Rows();

        Run("softmax/sdpa", rows, Checkpoint());

        Assert.Equal(12, rows.Made);
    }

    [Fact]
    public void No_collection_falls_into_a_step_although_another_thread_allocates()
    {
        var collections = GC.CollectionCount(0);
        var rows = Rows();

        new RateSweep(() => Model("softmax/sdpa"), Data(rows), Plan with { LearningRates = [0.003] }, seed: 5, checkpoint: null)
            .Run((_, _) => { }, _ => new(StringComparer.Ordinal));

        // One before the first step and at most one after the last.
        Assert.InRange(GC.CollectionCount(0) - collections, 1, 2);
        Assert.NotEqual(System.Runtime.GCLatencyMode.NoGCRegion, System.Runtime.GCSettings.LatencyMode);
    }

    [Fact]
    public void A_rate_that_diverges_leaves_the_others_alone()
    {
        var plan = Plan with { LearningRates = [1e30, 0.003] };
        var sweep = new RateSweep(() => Model("softmax/sdpa"), Data(Rows()), plan, seed: 5, checkpoint: null);

        var outcomes = sweep.Run((_, _) => { }, _ => new(StringComparer.Ordinal));

        Assert.NotNull(outcomes[0].Divergence);
        Assert.Null(outcomes[1].Divergence);
        Assert.Equal(6, outcomes[1].Steps);
    }

    [Fact]
    public void Training_stops_early_only_above_the_published_accuracy()
    {
        var never = Train(Plan with { StopAbove = 1 });
        var atOnce = Train(Plan with { StopAbove = -1 });

        Assert.Equal(6, never.Steps);
        Assert.Equal(3, atOnce.Steps);
        Assert.Equal([3, 3, 6, 6], never.Curve.Select(point => point.Step));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("null")]
    public void A_checkpoint_that_another_build_wrote_in_another_form_counts_as_none(string header)
    {
        var json = System.Text.Encoding.UTF8.GetBytes(header);
        byte[] body = [.. BitConverter.GetBytes(json.Length), .. json];
        File.WriteAllBytes(Path.Combine(_folder, "sweep.checkpoint"), [.. body, .. System.Security.Cryptography.SHA256.HashData(body)]);

        Assert.Null(Checkpoint().Load<SweepState>());
    }

    private static TrainingOutcome Train(TrainingPlan plan) =>
        new RateSweep(() => Model("softmax/sdpa"), Data(Rows()), plan with { LearningRates = [0.003] }, seed: 5, checkpoint: null)
            .Run((_, _) => { }, _ => new(StringComparer.Ordinal)).Single();

    private static TrainingPlan Plan { get; } = new() { LearningRates = [0.003, 0.01], Epochs = 2, Batch = 8, TrainRows = 24, TestRows = 16 };

    private static DyingRows Rows(int dieAt = int.MaxValue) => new(dieAt);

    private CheckpointFile Checkpoint(string fingerprint = "this") =>
        new(Path.Combine(_folder, "sweep.checkpoint"), fingerprint, TimeProvider.System, TimeSpan.Zero);

    private static (IReadOnlyList<TrainingOutcome> Outcomes, List<byte[]> Weights) Run(string implementation, DyingRows rows, CheckpointFile? checkpoint)
    {
        var weights = new List<byte[]>();
        var sweep = new RateSweep(() => Model(implementation), Data(rows), Plan, seed: 5, checkpoint);
        var outcomes = sweep.Run((_, _) => { }, model =>
        {
            var all = model.parameters().SelectMany(parameter => parameter.detach().contiguous().bytes.ToArray()).ToArray();
            weights.Add(all);
            return new(StringComparer.Ordinal) { ["digest"] = BitConverter.ToInt32(System.Security.Cryptography.SHA256.HashData(all)) };
        });
        return (outcomes, weights[^1..]);
    }

    private static TrainingData Data(DyingRows rows)
    {
        var task = new Mqar(Options);
        var test = new RowSegment("test", new TokenRowSource(task, TokenTasks.TestSeed(1)), Plan.TestRows);
        return new TrainingData(new BatchOrder([new RowSegment("train", rows, Plan.TrainRows)], Plan.Batch), [test], [test]);
    }

    private static MqarOptions Options => new() { VocabularySize = 32, Length = Length, Pairs = 2 };

    private static TokenModel Model(string implementation)
    {
        var settings = new AttentionSettings(AttentionPattern.CausalSelf, 2, 8) { MaxLength = Length };
        var sizes = new TokenModelSizes(Options.VocabularySize, 16, Length, Positions: true, EmbeddingDropout: 0.1);
        return new TokenModel(sizes, [new ShortConvolutionMixer(16), new AttentionMixer(AttentionCatalogue.CreateLayer(implementation, settings))]);
    }

    private static object Essence(TrainingOutcome outcome) =>
        (outcome.LearningRate, outcome.Accuracy, outcome.Loss, outcome.Steps, string.Join(' ', outcome.Curve), string.Join(' ', outcome.Facts), outcome.Slices["test"]);

    /// <summary>Real rows, until the machine "dies": what a checkpoint holds then is what a kill would leave.</summary>
    private sealed class DyingRows(int dieAt) : IRowSource
    {
        private readonly TokenRowSource _rows = new(new Mqar(Options), TokenTasks.TrainSeed(1));
        private byte[] _garbage = [];

        public int Made { get; private set; }

        public TrainingBatch Make(long firstRow, int rows)
        {
            // Enough to make the runtime collect many times if it were free to.
            for (var i = 0; i < 100; i++)
            {
                _garbage = new byte[50_000];
            }

            return ++Made > dieAt ? throw new IOException($"killed with {_garbage.Length} bytes of garbage") : _rows.Make(firstRow, rows);
        }
    }
}
