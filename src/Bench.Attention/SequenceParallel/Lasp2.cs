using Bench.Attention.Primitives;
using static TorchSharp.torch;

namespace Bench.Attention.SequenceParallel;

/// <summary>
/// LASP-2: each worker makes the memory state of its own slice, one AllGather brings it everyone's, and what came before is the state its slice
/// begins with: <c>S_in = Σ_{u &lt; w} (Π_{u &lt; x &lt; w} decay_x) M_u</c>. Backward gathers the gradients of those states once.
/// </summary>
/// <remarks>Sun et al., "LASP-2", arXiv:2502.07563, section 3. For recurrences without correction, bonus or normaliser.</remarks>
public static class Lasp2
{
    /// <summary>Whether a recurrence can be computed so.</summary>
    public static bool Fits(Recurrence recurrence) => !recurrence.Corrects && recurrence.Bonus is null && recurrence.NormaliserEpsilon is null
        && recurrence.ValueLogDecay is null && recurrence.State is null;

    /// <summary>The forward pass of this worker's slice. All workers must call it alike.</summary>
    /// <param name="ring">The workers.</param>
    /// <param name="slice">This worker's tokens, without a state.</param>
    /// <param name="form">How the slice itself is computed.</param>
    /// <exception cref="ArgumentException">The recurrence does not fit.</exception>
    public static ParallelPass Forward(IWorkerRing ring, Recurrence slice, RecurrenceForm form) => Fits(slice)
        ? new Pass(ring, slice.Featured(), form)
        : throw new ArgumentException("LASP-2 needs an additive recurrence without normaliser or initial state.", nameof(slice));

    private sealed class Pass : ParallelPass
    {
        private readonly IWorkerRing _ring;
        private readonly List<Tensor> _leaves;
        private readonly Tensor _memory;
        private readonly Tensor? _decay;
        private readonly Tensor _start;
        private readonly Tensor _output;
        private readonly List<(Tensor Memory, Tensor? Decay)> _all;

        public Pass(IWorkerRing ring, Recurrence slice, RecurrenceForm form)
        {
            _ring = ring;
            var length = slice.Length;
            Tensor Leaf(Tensor tensor) => tensor.detach().requires_grad_(true);
            var decay = slice.LogDecay is { } given ? Leaf(given.expand(slice.Key.shape[0], slice.Key.shape[1], length, given.shape[3])) : null;
            var own = slice with { Query = Leaf(slice.Query), Key = Leaf(slice.Key), Value = Leaf(slice.Value), LogDecay = decay };
            _leaves = [own.Query, own.Key, own.Value, .. decay is null ? Array.Empty<Tensor>() : [decay]];
            var sums = decay?.cumsum(2);                                              // [B, H, L, D or 1]
            _decay = sums?.narrow(2, length - 1, 1).transpose(-2, -1);                // [B, H, D or 1, 1]
            var faded = sums is null ? own.Key : own.Key * (sums.narrow(2, length - 1, 1) - sums).exp();
            _memory = faded.transpose(-2, -1).matmul(own.Value);                      // [B, H, D, E]
            _all = Gather();
            _start = Incoming(_all, ring.Rank).requires_grad_(true);
            _output = form.Run(own with { State = _start }).Output;
        }

        public override Tensor Output => _output.detach();

        public override IReadOnlyList<Tensor> Backward(Tensor cotangent)
        {
            var found = autograd.grad([_output], [.. _leaves, _start], [cotangent]);
            var gradients = found.Take(_leaves.Count).ToList();
            var starts = _ring.AllGather(found[_leaves.Count]);
            if (_ring.Rank == _ring.Size - 1)
            {
                return gradients;
            }

            // Later slices began with a sum in which this worker's state and decay stand; the others' are constants.
            _all[_ring.Rank] = (_memory, _decay);
            var later = Enumerable.Range(_ring.Rank + 1, _ring.Size - _ring.Rank - 1)
                .Select(rank => (Incoming(_all, rank) * starts[rank]).sum()).Aggregate((a, b) => a + b);
            var through = autograd.grad([later], _leaves.Skip(1).ToList(), allow_unused: true);
            for (var i = 0; i < through.Count; i++)
            {
                gradients[i + 1] = through[i] is { IsInvalid: false } part ? gradients[i + 1] + part : gradients[i + 1];
            }

            return gradients;
        }

        /// <summary>States and decays of all slices in one gathering, without graphs.</summary>
        private List<(Tensor Memory, Tensor? Decay)> Gather()
        {
            var (rows, columns) = (_memory.shape[2], _memory.shape[3]);
            var flat = _memory.detach().flatten(2);                                   // [B, H, D·E]
            var all = _ring.AllGather(_decay is null ? flat : cat([flat, _decay.detach().flatten(2)], 2));
            return [.. all.Select(one => (
                one.narrow(2, 0, rows * columns).unflatten(2, [rows, columns]),
                _decay is null ? null : one.narrow(2, rows * columns, _decay.shape[2]).unsqueeze(-1)))];
        }

        /// <summary>The state before the slice of a rank.</summary>
        private static Tensor Incoming(List<(Tensor Memory, Tensor? Decay)> all, int rank)
        {
            var state = zeros_like(all[0].Memory);
            for (var u = 0; u < rank; u++)
            {
                state = all[u].Decay is { } decay ? (state * decay.exp()) + all[u].Memory : state + all[u].Memory;
            }

            return state;
        }
    }
}
