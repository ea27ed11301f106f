namespace Bench.Attention.SequenceParallel;

/// <summary>Workers that hold consecutive slices of one sequence, each connected to the next, the last to the first.</summary>
public interface IWorkerRing
{
    /// <summary>Which slice this worker holds, from 0.</summary>
    int Rank { get; }

    /// <summary>W: workers.</summary>
    int Size { get; }

    /// <summary>Bytes of tensors that this worker has sent so far; headers are not counted.</summary>
    long BytesSent { get; }

    /// <summary>Sends a tensor to the next worker and returns that of the worker before. All workers must call it alike.</summary>
    Tensor Shift(Tensor own);
}

/// <summary>What workers do together by shifts.</summary>
public static class WorkerRing
{
    /// <summary>Every worker's tensor in order of ranks, in W − 1 shifts: each worker sends W − 1 tensors.</summary>
    public static IReadOnlyList<Tensor> AllGather(this IWorkerRing ring, Tensor own)
    {
        var all = new Tensor[ring.Size];
        var passing = all[ring.Rank] = own;
        for (var hop = 1; hop < ring.Size; hop++)
        {
            passing = ring.Shift(passing);
            all[(ring.Rank - hop + ring.Size) % ring.Size] = passing;
        }

        return all;
    }
}
