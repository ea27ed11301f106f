using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives.Fused;

/// <summary>Causal attention over slots for all heads, one head a task.</summary>
internal static unsafe class FusedSlots
{
    private static readonly int Widest = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 1;

    /// <summary>Runs the pass.</summary>
    /// <param name="inputs">Scaled queries, keys, values, gates of keys and of values <c>[B, H, N, ·]</c>; log-sums <c>[B, H, 1, r]</c> and means
    /// <c>[B, H, r, ·]</c> of the slots of keys, then of values.</param>
    /// <param name="empty">Log-sum of a slot that holds nothing.</param>
    /// <param name="lanes">Floats a vector; 0 for the widest of this machine.</param>
    /// <returns>The output <c>[B, H, N, E]</c> and the four tensors of the slots after the last token.</returns>
    public static List<Tensor> Run(List<Tensor> inputs, float empty, int lanes = 0)
    {
        var slots = inputs.Skip(5).Select(tensor => tensor.contiguous()).ToList();
        var output = empty_like(inputs[2]).contiguous();
        var after = slots.Select(tensor => zeros(tensor.shape, dtype: ScalarType.Float32)).ToList();
        var work = new Work(
            [.. inputs.Take(5).Select(tensor => new TensorView(tensor))], [.. slots.Select(tensor => new TensorView(tensor))],
            [.. after.Select(tensor => new TensorView(tensor))], new TensorView(output), inputs[0].shape[2], empty);
        long heads = inputs[0].shape[1], tasks = inputs[0].shape[0] * heads;
        void One(long task)
        {
            switch (lanes > 0 ? lanes : Widest)
            {
                case 16: Head<Simd512, Vector512<float>>(work, task / heads, task % heads); break;
                case 8: Head<Simd256, Vector256<float>>(work, task / heads, task % heads); break;
                default: Head<SimdScalar, float>(work, task / heads, task % heads); break;
            }
        }

        if (Math.Min(get_num_threads(), tasks) <= 1)
        {
            for (long task = 0; task < tasks; task++)
            {
                One(task);
            }
        }
        else
        {
            Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, One);
        }

        GC.KeepAlive(work);
        return [output, .. after];
    }

    private static void Head<TSimd, TVector>(Work work, long batch, long head)
        where TSimd : ISimd<TVector>
        where TVector : unmanaged
    {
        using var scan = new SlotScan<TSimd, TVector>(work.Inputs[3].Width, work.Inputs[0].Width, work.Inputs[2].Width);
        float* Start(TensorView view) => view.Head(batch, head);

        scan.Put(Start(work.Slots[0]), Start(work.Slots[1]), Start(work.Slots[2]), Start(work.Slots[3]), work.Empty);
        var rows = work.Inputs.Select(view => new HeadView(view, batch, head)).ToArray();
        var output = new HeadView(work.Output, batch, head);
        for (long t = 0; t < work.Length; t++)
        {
            scan.Step(rows[0].Row(t), rows[1].Row(t), rows[2].Row(t), rows[3].Row(t), rows[4].Row(t), output.Row(t));
        }

        scan.Get(Start(work.After[0]), Start(work.After[1]), Start(work.After[2]), Start(work.After[3]), work.Empty);
    }

    private sealed record Work(TensorView[] Inputs, TensorView[] Slots, TensorView[] After, TensorView Output, long Length, float Empty);
}
