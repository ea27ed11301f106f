namespace Bench.Attention.SequenceParallel;

/// <summary>Numbers that each worker sends, by formula; times the size of an element they are the bytes that <see cref="IWorkerRing.BytesSent"/> counts.</summary>
public static class CommunicationVolume
{
    /// <summary>
    /// LASP-2, one direction: one AllGather of memory states, <c>(W − 1)·B·H·(D·E + A)</c>, whatever the length. A is the size of a decay: 0, 1 or D; the
    /// forward pass sends the slice's total decay with its state, the backward pass only gradients of states.
    /// </summary>
    public static long Lasp(AttentionShape shape, int workers, int decaySize) =>
        (workers - 1L) * shape.Batch * shape.Heads * (((long)shape.HeadSize * shape.ValueSize) + decaySize);

    /// <summary>Ring attention forward: W − 1 hops of the slice's keys and values, <c>(W − 1)·B·H·(N/W)·(D + E)</c>.</summary>
    public static long RingForward(AttentionShape shape, int workers) => (workers - 1L) * Slice(shape, workers);

    /// <summary>Ring attention backward: keys and values once more, and their gradients one hop further, home: <c>(2W − 1)·B·H·(N/W)·(D + E)</c>.</summary>
    public static long RingBackward(AttentionShape shape, int workers) => workers == 1 ? 0 : ((2L * workers) - 1) * Slice(shape, workers);

    private static long Slice(AttentionShape shape, int workers) =>
        (long)shape.Batch * shape.Heads * (shape.Length / workers) * (shape.HeadSize + shape.ValueSize);
}
