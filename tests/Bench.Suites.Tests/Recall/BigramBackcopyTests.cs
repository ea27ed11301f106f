using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

/// <summary>Figures of 2,000 rows of the authors' generator (arXiv:2410.13835), k = 3.</summary>
public sealed class BigramBackcopyTests
{
    private static readonly BigramBackcopy Task = new(new BigramBackcopyOptions());
    private static readonly TokenBatch Batch = Task.Generate(1, 2_000);

    [Fact]
    public void A_quarter_of_all_tokens_are_triggers_and_none_follows_another()
    {
        var triggers = Batch.Inputs.Count(Task.IsTrigger) / (double)Batch.Inputs.Length;

        Assert.Equal(0.257, triggers, 0.003);
        Assert.DoesNotContain(
            Enumerable.Range(0, Batch.Inputs.Length), i => i % 256 < 255 && Task.IsTrigger(Batch.Inputs[i]) && Task.IsTrigger(Batch.Inputs[i + 1]));
    }

    [Fact]
    public void The_optimal_loss_is_zero_at_triggers_and_2_2160_elsewhere()
    {
        var others = Batch.Inputs.Where(token => !Task.IsTrigger(token)).ToList();

        Assert.All([1, 43, 58], token => Assert.Equal(0, Task.OptimalLoss(token)));
        Assert.Equal(2.2160, others.Average(Task.OptimalLoss), 0.01);
    }

    [Fact]
    public void A_bigram_model_cannot_explain_every_copy()
    {
        var copies = Enumerable.Range(0, Batch.Inputs.Length).Where(i => Task.IsTrigger(Batch.Inputs[i])).ToList();
        var impossible = copies.Count(i => BigramBackcopy.Bigram[Batch.Inputs[i]][Batch.Labels[i]] == 0) / (double)copies.Count;

        Assert.Equal(0.179, impossible, 0.006);
    }
}
