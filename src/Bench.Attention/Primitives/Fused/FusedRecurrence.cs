using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Bench.Attention.Primitives.Fused;

/// <summary>Autograd function of the fused form. Forward keeps, beside inputs and output, one row per token where writes depend on the state.</summary>
internal sealed class FusedRecurrence : autograd.MultiTensorFunction<FusedRecurrence>
{
    // In the order of Recurrence.Tensors: those that one scan touches lie apart, and apart from what a pass keeps.
    private static readonly int[] GradientPlaces = [3, 1, 3, 2, 0, 1, 2, 0, 0, 0, 0];
    private const int KeptPlace = 2;

    /// <inheritdoc />
    public override string Name => nameof(FusedRecurrence);

    /// <summary>Runs the recurrence, without its bonus, in vectors of this many floats.</summary>
    public static RecurrenceResult Run(Recurrence recurrence, int lanes)
    {
        var tensors = recurrence.Tensors();
        if (recurrence.LogDecay is { requires_grad: true } decay && decay.shape[2] != recurrence.Length)
        {
            tensors[3] = decay.expand(recurrence.Key.shape[0], recurrence.Key.shape[1], recurrence.Length, decay.shape[3]);
        }

        tensors[7] = null; // the bonus is added outside
        var plan = new Plan(recurrence.With(new Tensor?[tensors.Length]), [.. tensors.Select(tensor => tensor is not null)], recurrence.Bonus is not null, lanes);
        var present = tensors.Where(tensor => tensor is not null).Select(tensor => tensor!).ToList();
        if (!is_grad_enabled() || !present.Any(tensor => tensor.requires_grad))
        {
            var forward = Forward(plan, present, keep: false);
            return new RecurrenceResult(forward.Output, forward.State, forward.Normaliser);
        }

        var outputs = apply([plan, .. present.Select(Apart)]);
        return new RecurrenceResult(outputs[0], outputs[1], outputs.Count > 2 ? outputs[2] : null);
    }

    /// <inheritdoc />
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] variables)
    {
        var plan = (Plan)variables[0];
        var inputs = variables.Skip(1).Cast<Tensor>().ToList();
        var pass = Forward(plan, inputs, keep: true);
        List<Tensor> outputs = pass.Normaliser is null ? [pass.Output, pass.State] : [pass.Output, pass.State, pass.Normaliser];
        List<Tensor> kept = [.. inputs, .. pass.Normaliser is null ? [] : new[] { pass.Output, pass.Denominator! }, .. pass.Kept is null ? [] : new[] { pass.Kept }];
        context.save_data("plan", plan);
        context.save_data("count", inputs.Count);
        // TorchSharp makes missing gradients from output handles that the caller's dispose scope may have freed by then.
        context.set_materialize_grads(false);
        context.save_for_backward(kept);
        return outputs;
    }

    /// <inheritdoc />
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> gradients)
    {
        using var scope = NewDisposeScope();
        var plan = (Plan)context.get_data("plan");
        var saved = context.get_saved_variables().Select(tensor => tensor.detach()).ToList();
        var count = (int)context.get_data("count");
        var inputs = plan.Restore(saved.Take(count));
        var (output, denominator) = inputs.NormaliserEpsilon is null ? (null, null) : (saved[count], saved[count + 1]);
        var kept = inputs.Corrects ? saved[^1] : null;
        var found = inputs.Tensors().Select((tensor, index) => tensor is null ? null : Rows(tensor.shape, inputs, GradientPlaces[index])).ToArray();
        found[3] = inputs.LogDecay is { } decay && decay.shape[2] == inputs.Length ? found[3] : null;
        var tensors = Describe(plan, inputs, output ?? inputs.Value, inputs.StateOrZero(), inputs.NormaliserOrZero(), kept, denominator, new HeadGradients
        {
            Output = new TensorView(Defined(gradients[0]) ?? zeros_like(inputs.Value)),
            FinalState = View(Defined(gradients[1])?.contiguous()),
            FinalNormaliser = gradients.Count > 2 ? View(Defined(gradients[2])?.contiguous()) : null,
            Query = new TensorView(found[0]!),
            Key = new TensorView(found[1]!),
            Value = new TensorView(found[2]!),
            Decay = View(found[3]),
            Strength = View(found[4]),
            CorrectionRead = View(found[5]),
            CorrectionWrite = View(found[6]),
            State = View(found[8]),
            Normaliser = View(found[9]),
        });
        plan.OverHeads(tensors, backward: true);
        var present = plan.Present.Select((isPresent, index) => (isPresent, index)).Where(pair => pair.isPresent).Select(pair => found[pair.index]);
        return [null!, .. present.Select(gradient => gradient?.MoveToOuterDisposeScope()!)];
    }

    private static (Tensor Output, Tensor State, Tensor? Normaliser, Tensor? Kept, Tensor? Denominator) Forward(Plan plan, List<Tensor> inputs, bool keep)
    {
        var recurrence = plan.Restore(inputs);
        long[] key = recurrence.Key.shape, value = recurrence.Value.shape;
        var output = empty([key[0], key[1], key[2], value[3]], dtype: ScalarType.Float32);
        var state = empty([key[0], key[1], key[3], value[3]], dtype: ScalarType.Float32);
        var isNormalised = recurrence.NormaliserEpsilon is not null;
        var normaliser = isNormalised ? empty([key[0], key[1], key[3]], dtype: ScalarType.Float32) : null;
        var denominator = isNormalised ? empty([key[0], key[1], key[2]], dtype: ScalarType.Float32) : null;
        var kept = keep && recurrence.Corrects ? Rows(output.shape, recurrence, KeptPlace) : null;
        plan.OverHeads(Describe(plan, recurrence, output, state, normaliser, kept, denominator, null), backward: false);
        return (output, state, normaliser, kept, denominator);
    }

    private static HeadTensors Describe(
        Plan plan, Recurrence recurrence, Tensor output, Tensor state, Tensor? normaliser, Tensor? kept, Tensor? denominator, HeadGradients? gradients) => new()
        {
            Batch = recurrence.Key.shape[0],
            Heads = recurrence.Key.shape[1],
            Length = recurrence.Length,
            KeySize = (int)recurrence.Key.shape[3],
            ValueSize = (int)recurrence.Value.shape[3],
            Scale = (float)recurrence.Scale,
            EluPlusOne = recurrence.EluPlusOne,
            FromUnitKey = recurrence.FromUnitKey,
            NormaliserEpsilon = (float?)recurrence.NormaliserEpsilon,
            ReadsFirst = plan.ReadsFirst,
            Query = new TensorView(recurrence.Query),
            Key = new TensorView(recurrence.Key),
            Value = new TensorView(recurrence.Value),
            Decay = View(recurrence.LogDecay),
            Strength = View(recurrence.Strength?.contiguous()),
            CorrectionRead = View(recurrence.CorrectionRead),
            CorrectionWrite = View(recurrence.CorrectionWrite),
            State = View(recurrence.State?.contiguous()),
            Normaliser = View(recurrence.Normaliser?.contiguous()),
            Output = new TensorView(output),
            FinalState = new TensorView(state),
            FinalNormaliser = View(normaliser),
            Kept = View(kept),
            Denominator = View(denominator),
            Gradients = gradients,
        };

    /// <summary>
    /// A leaf as a view of itself: autograd takes a gradient over as it is where nobody else holds it, and copies it otherwise. The managed object
    /// of a gradient that this function returns holds it; the view's node gives autograd one of its own.
    /// </summary>
    private static Tensor Apart(Tensor tensor) => tensor is { is_leaf: true, requires_grad: true } ? tensor.view(tensor.shape) : tensor;

    /// <summary>
    /// Room for rows. A scan with a low-rank correction touches up to thirteen tensors at once, which lie staggered (4 % of a forward and backward pass);
    /// with fewer it gained nothing.
    /// </summary>
    private static Tensor Rows(long[] shape, Recurrence recurrence, int place) =>
        recurrence.CorrectionRead is null ? empty(shape, dtype: ScalarType.Float32) : Staggered.Empty(shape, place);

    private static TensorView? View(Tensor? tensor) => tensor is null ? null : new TensorView(tensor);

    private static Tensor? Defined(Tensor? tensor) => tensor is null or { IsInvalid: true } ? null : tensor;

    /// <summary>The parts of a recurrence that are no tensors, which tensors it has, and how it is computed.</summary>
    private sealed record Plan(Recurrence Shape, bool[] Present, bool ReadsFirst, int Lanes)
    {
        public Recurrence Restore(IEnumerable<Tensor> tensors)
        {
            using var next = tensors.GetEnumerator();
            return Shape.With([.. Present.Select(present => present && next.MoveNext() ? next.Current : null)]);
        }

        /// <summary>One head per task, as many at a time as torch uses threads.</summary>
        public void OverHeads(HeadTensors tensors, bool backward)
        {
            var heads = tensors.Batch * tensors.Heads;
            var threads = Math.Min(get_num_threads(), heads);
            if (threads <= 1)
            {
                for (long head = 0; head < heads; head++)
                {
                    OneHead(tensors, head, backward);
                }
            }
            else
            {
                Parallel.For(0, heads, new ParallelOptions { MaxDegreeOfParallelism = (int)threads }, head => OneHead(tensors, head, backward));
            }

            GC.KeepAlive(tensors);
        }

        private void OneHead(HeadTensors tensors, long index, bool backward)
        {
            var (batch, head) = (index / tensors.Heads, index % tensors.Heads);
            switch (Lanes, backward)
            {
                case (16, false): HeadForward<Simd512, Vector512<float>>.Run(tensors, batch, head); break;
                case (16, true): HeadBackward<Simd512, Vector512<float>>.Run(tensors, batch, head); break;
                case (8, false): HeadForward<Simd256, Vector256<float>>.Run(tensors, batch, head); break;
                case (8, true): HeadBackward<Simd256, Vector256<float>>.Run(tensors, batch, head); break;
                case (_, false): HeadForward<SimdScalar, float>.Run(tensors, batch, head); break;
                default: HeadBackward<SimdScalar, float>.Run(tensors, batch, head); break;
            }
        }
    }
}
