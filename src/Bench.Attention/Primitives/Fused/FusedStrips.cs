using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Autograd function of softmax attention by strips: scores and weights of one block at a time in cache, in vector instructions. Forward keeps the
/// log-sum-exp of every row; backward computes the weights anew. On CPU in float32.
/// </summary>
internal sealed class FusedStrips : autograd.SingleTensorFunction<FusedStrips>
{
    /// <summary>Blocks hold a multiple of this many queries: the widest vector.</summary>
    public const int RowUnit = 16;

    /// <inheritdoc />
    public override string Name => nameof(FusedStrips);

    /// <summary>The widest vectors of this machine.</summary>
    private static int Widest { get; } = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 1;

    /// <summary>Whether the kernel takes such tensors.</summary>
    public static bool Fits(params Tensor[] tensors) =>
        tensors.All(tensor => tensor.device_type == TorchSharp.DeviceType.CPU && tensor.dtype == ScalarType.Float32);

    /// <summary>Attention over strips.</summary>
    /// <param name="query">Scaled queries, <c>[B, H, N, D]</c>.</param>
    /// <param name="key"><c>[B, Hk, M, D]</c>.</param>
    /// <param name="value"><c>[B, Hk, M, Dv]</c>.</param>
    /// <param name="mask">Padding, <c>[B, M]</c>, true where real; or null.</param>
    /// <param name="rows">R: queries a block, a multiple of 16.</param>
    /// <param name="strips">The strip of the queries from a row on, by count; called again for the backward pass.</param>
    /// <param name="lanes">Floats a vector; 0 for the widest of this machine.</param>
    /// <returns><c>[B, H, N, Dv]</c>.</returns>
    public static Tensor Run(Tensor query, Tensor key, Tensor value, Tensor? mask, int rows, Func<long, long, StripMask> strips, int lanes = 0)
    {
        var plan = new Plan(mask is null ? null : mask.contiguous().data<bool>().ToArray(), rows, strips, lanes > 0 ? lanes : Widest);
        return is_grad_enabled() && (query.requires_grad || key.requires_grad || value.requires_grad)
            ? apply([plan, query, key, value])
            : plan.Forward(query, key, value, null);
    }

    /// <inheritdoc />
    public override Tensor forward(autograd.AutogradContext context, params object[] variables)
    {
        var (plan, query, key, value) = ((Plan)variables[0], (Tensor)variables[1], (Tensor)variables[2], (Tensor)variables[3]);
        var lse = empty(query.shape[..3], dtype: ScalarType.Float32);
        var output = plan.Forward(query, key, value, lse);
        context.save_data("plan", plan);
        context.set_materialize_grads(false);
        context.save_for_backward([query, key, value, output, lse]);
        return output;
    }

    /// <inheritdoc />
    public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var plan = (Plan)context.get_data("plan");
        var saved = context.get_saved_variables().Select(tensor => tensor.detach()).ToList();
        var found = plan.Backward(saved, gradient.detach());
        return [null!, .. found.Select(tensor => tensor.MoveToOuterDisposeScope())];
    }

    /// <summary>What both passes need beside tensors.</summary>
    private sealed unsafe record Plan(bool[]? Real, int Rows, Func<long, long, StripMask> Strips, int Lanes)
    {
        public Tensor Forward(Tensor query, Tensor key, Tensor value, Tensor? lse)
        {
            var output = empty([query.shape[0], query.shape[1], query.shape[2], value.shape[3]], dtype: ScalarType.Float32);
            Over(new Work(query, key, value, output, lse));
            return output;
        }

        public List<Tensor> Backward(List<Tensor> saved, Tensor cotangent)
        {
            var (query, key, value) = (empty(saved[0].shape), zeros(saved[1].shape), zeros(saved[2].shape));
            Over(new Work(saved[0], saved[1], saved[2], saved[3], saved[4])
            {
                Cotangent = new TensorView(cotangent),
                QueryGradient = new TensorView(query),
                KeyGradient = new TensorView(key),
                ValueGradient = new TensorView(value),
            });
            return [query, key, value];
        }

        private void Over(Work work)
        {
            switch (Lanes)
            {
                case 16: Over<Simd512, Vector512<float>>(work); break;
                case 8: Over<Simd256, Vector256<float>>(work); break;
                default: Over<SimdScalar, float>(work); break;
            }

            GC.KeepAlive(work);
        }

        /// <summary>
        /// Block after block, as a strip serves all heads; heads that share keys are one task, since they add to the same gradients.
        /// </summary>
        private void Over<TSimd, TVector>(Work work)
            where TSimd : ISimd<TVector>
            where TVector : unmanaged
        {
            var tasks = (int)(work.Batch * work.KeyHeads);
            var threads = Math.Min(get_num_threads(), tasks);
            var kernels = Enumerable.Range(0, threads).Select(_ => new StripKernel<TSimd, TVector>(Rows, work.KeySize, work.ValueSize)).ToArray();
            for (long row = 0; row < work.Length; row += Rows)
            {
                using var scope = NewDisposeScope();
                var strip = Strips(row, Math.Min(Rows, work.Length - row));
                if (threads <= 1)
                {
                    Share(0);
                }
                else
                {
                    Parallel.For(0, threads, Share);
                }

                void Share(int thread)
                {
                    for (var task = thread; task < tasks; task += threads)
                    {
                        One(kernels[thread], strip, work, task / work.KeyHeads, task % work.KeyHeads);
                    }
                }
            }

            foreach (var kernel in kernels)
            {
                kernel.Dispose();
            }
        }

        private void One<TSimd, TVector>(StripKernel<TSimd, TVector> kernel, StripMask strip, Work work, long batch, long keyHead)
            where TSimd : ISimd<TVector>
            where TVector : unmanaged
        {
            fixed (bool* real = Real)
            {
                var mask = Real is null ? null : real + (batch * work.KeyLength);
                var (key, value) = (new HeadView(work.Key, batch, keyHead), new HeadView(work.Value, batch, keyHead));
                var group = work.Heads / work.KeyHeads;
                for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
                {
                    var (query, output) = (new HeadView(work.Query, batch, head), new HeadView(work.Output, batch, head));
                    var lse = work.Lse is null ? null : work.Lse.Head(batch, head);
                    if (work.Cotangent is null)
                    {
                        kernel.Forward(strip, strip.Visible(head), mask, query, key, value, output, lse);
                    }
                    else
                    {
                        kernel.Backward(
                            strip, strip.Visible(head), mask, query, key, value, output, lse,
                            new HeadView(work.Cotangent, batch, head),
                            new HeadView(work.QueryGradient!, batch, head),
                            new HeadView(work.KeyGradient!, batch, keyHead),
                            new HeadView(work.ValueGradient!, batch, keyHead));
                    }
                }
            }
        }
    }

    /// <summary>The tensors of one pass.</summary>
    private sealed class Work(Tensor query, Tensor key, Tensor value, Tensor output, Tensor? lse)
    {
        public long Batch { get; } = query.shape[0];

        public long Heads { get; } = query.shape[1];

        public long KeyHeads { get; } = key.shape[1];

        public long Length { get; } = query.shape[2];

        public int KeySize { get; } = (int)query.shape[3];

        public int ValueSize { get; } = (int)value.shape[3];

        public TensorView Query { get; } = new(query);

        public TensorView Key { get; } = new(key);

        public TensorView Value { get; } = new(value);

        public TensorView Output { get; } = new(output);

        public TensorView? Lse { get; } = lse is null ? null : new(lse);

        public TensorView? Cotangent { get; init; }

        public TensorView? QueryGradient { get; init; }

        public TensorView? KeyGradient { get; init; }

        public TensorView? ValueGradient { get; init; }

        /// <summary>M: keys a sequence.</summary>
        public long KeyLength { get; } = key.shape[2];
    }
}
