using Bench.Suites.Training;

namespace Bench.Suites.Tests.Training;

public sealed class BatchesAheadTests
{
    [Fact]
    public void Batches_come_in_the_order_of_their_steps_and_never_mix_segments()
    {
        var order = new BatchOrder([new RowSegment("a", new Counting(0), 5), new RowSegment("b", new Counting(100), 2)], batch: 2);
        using var batches = new BatchesAhead<TrainingBatch>(order.Make, firstStep: 0, steps: 8);

        var first = Enumerable.Range(0, 8).Select(_ => batches.Next().Inputs).ToList();

        long[][] epoch = [[0, 1], [2, 3], [4], [100, 101]];
        Assert.Equal([.. epoch, .. epoch], first);
    }

    [Fact]
    public void A_resume_gets_the_batch_of_its_own_step()
    {
        var order = new BatchOrder([new RowSegment("a", new Counting(0), 50)], batch: 1);
        using var batches = new BatchesAhead<TrainingBatch>(order.Make, firstStep: 37, steps: 50);

        Assert.Equal([37], batches.Next().Inputs);
    }

    [Fact]
    public void After_the_last_step_there_is_nothing_to_take()
    {
        using var batches = new BatchesAhead<TrainingBatch>(new BatchOrder([new RowSegment("a", new Counting(0), 1)], 1).Make, 0, 1);
        batches.Next();

        Assert.Throws<InvalidOperationException>(batches.Next);
    }

    [Fact]
    public void A_mistake_of_the_maker_reaches_the_trainer()
    {
        using var batches = new BatchesAhead<TrainingBatch>(new BatchOrder([new RowSegment("a", new Failing(), 1)], 1).Make, 0, 1);

        var mistake = Assert.Throws<InvalidOperationException>(batches.Next);

        Assert.IsType<NotSupportedException>(mistake.InnerException);
    }

    [Fact]
    public void Disposing_ends_the_maker_although_nobody_takes()
    {
        var batches = new BatchesAhead<TrainingBatch>(new BatchOrder([new RowSegment("a", new Counting(0), 1_000_000)], 1).Make, 0, 1_000_000);

        batches.Dispose();

        Assert.Throws<InvalidOperationException>(batches.Next);
    }

    private sealed class Counting(long offset) : IRowSource
    {
        public TrainingBatch Make(long firstRow, int rows) => new()
        {
            Rows = rows,
            Length = 1,
            SourceLength = 0,
            Inputs = [.. Enumerable.Range(0, rows).Select(row => offset + firstRow + row)],
            Source = [],
            Positions = [],
            Targets = [],
        };
    }

    private sealed class Failing : IRowSource
    {
        public TrainingBatch Make(long firstRow, int rows) => throw new NotSupportedException("no rows");
    }
}
