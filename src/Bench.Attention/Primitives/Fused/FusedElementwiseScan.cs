using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// <see cref="ElementwiseScan"/> in one pass over the tokens in vector instructions; backward runs the chunked form once more. On CPU in float32.
/// </summary>
internal static unsafe class FusedElementwiseScan
{
    private static readonly int Widest = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 1;

    /// <summary>Scans <c>h_t = e^{g_t} ⊙ h_{t−1} + x_t</c> over <c>[B, N, W]</c>; other devices and element types take chunks.</summary>
    /// <param name="logDecay">g, at most 0.</param>
    /// <param name="input">x.</param>
    /// <param name="initial">h before the first token, <c>[B, W]</c>; zero when null.</param>
    /// <param name="chunk">Chunk of the form that stands in, and of the backward pass.</param>
    public static (Tensor Output, Tensor Final) Run(Tensor logDecay, Tensor input, Tensor? initial, long chunk)
    {
        if (!FusedStrips.Fits(logDecay, input) || input.dim() != 3)
        {
            return ElementwiseScan.Chunked(logDecay, input, initial, chunk);
        }

        var results = RecomputedForward.Run(
            Forward,
            tensors =>
            {
                var (output, final) = ElementwiseScan.Chunked(tensors[0], tensors[1], tensors[2], chunk);
                return [output, final];
            },
            logDecay.expand_as(input), input, initial ?? zeros_like(input.select(1, 0)));
        return (results[0], results[1]);
    }

    private static List<Tensor> Forward(List<Tensor> tensors)
    {
        var output = empty(tensors[1].shape, dtype: ScalarType.Float32);
        var (batch, length, width) = (output.shape[0], output.shape[1], (int)output.shape[2]);
        var views = new[] { tensors[0], tensors[1], output, tensors[2].unsqueeze(1) }.Select(tensor => new TensorView(tensor.unsqueeze(1))).ToArray();
        for (long row = 0; row < batch; row++)
        {
            var (decay, input, states) = (new HeadView(views[0], row, 0), new HeadView(views[1], row, 0), new HeadView(views[2], row, 0));
            var before = new HeadView(views[3], row, 0).Row(0);
            for (long t = 0; t < length; t++)
            {
                var next = states.Row(t);
                switch (Widest)
                {
                    case 16: Step<Simd512, Vector512<float>>(decay.Row(t), input.Row(t), before, next, width); break;
                    case 8: Step<Simd256, Vector256<float>>(decay.Row(t), input.Row(t), before, next, width); break;
                    default: Step<SimdScalar, float>(decay.Row(t), input.Row(t), before, next, width); break;
                }

                before = next;
            }
        }

        GC.KeepAlive(views);
        return [output, output.select(1, length - 1).clone()];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step<TSimd, TVector>(float* decay, float* input, float* before, float* next, int width)
        where TSimd : ISimd<TVector>
        where TVector : unmanaged
    {
        var least = TSimd.Broadcast(-80);
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            var factor = TSimd.Exp(TSimd.Max(TSimd.Load(decay + i), least));
            TSimd.Store(next + i, TSimd.MultiplyAdd(factor, TSimd.Load(before + i), TSimd.Load(input + i)));
        }

        for (; i < width; i++)
        {
            next[i] = (MathF.Exp(decay[i]) * before[i]) + input[i];
        }
    }
}
