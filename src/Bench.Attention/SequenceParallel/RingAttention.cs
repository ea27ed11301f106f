using static TorchSharp.torch;

namespace Bench.Attention.SequenceParallel;

/// <summary>
/// Ring attention: causal softmax over a sequence in slices. Keys and values go round the ring; each worker attends to those that pass and joins the
/// parts by their log-sums. Backward sends them round once more, their gradients with them.
/// </summary>
/// <remarks>Liu et al., "Ring Attention with Blockwise Transformers", arXiv:2310.01889.</remarks>
public static class RingAttention
{
    /// <summary>The forward pass of this worker's slice. All workers must call it alike.</summary>
    /// <param name="ring">The workers.</param>
    /// <param name="query"><c>[B, H, N/W, D]</c>.</param>
    /// <param name="key"><c>[B, H, N/W, D]</c>.</param>
    /// <param name="value"><c>[B, H, N/W, E]</c>.</param>
    public static ParallelPass Forward(IWorkerRing ring, Tensor query, Tensor key, Tensor value) => new Pass(ring, query, key, value);

    private sealed class Pass : ParallelPass
    {
        private readonly IWorkerRing _ring;
        private readonly Tensor _query;
        private readonly Tensor _key;
        private readonly Tensor _value;
        private readonly Tensor _output;
        private readonly Tensor _logSum;
        private readonly double _scale;

        public Pass(IWorkerRing ring, Tensor query, Tensor key, Tensor value)
        {
            using var nograd = no_grad();
            (_ring, _query, _key, _value) = (ring, query.detach(), key.detach(), value.detach());
            _scale = 1 / Math.Sqrt(query.shape[3]);
            Tensor? output = null, logSum = null;
            OverHops([_key, _value], 0, (tensors, rank) =>
            {
                var scores = Scores(tensors[0], rank);
                var part = scores.logsumexp(-1, keepdim: true);                       // [B, H, L, 1]
                var read = (scores - part).exp().matmul(tensors[1]);
                var joined = logSum is null ? part : logaddexp(logSum, part);
                output = output is null ? read : (output * (logSum! - joined).exp()) + (read * (part - joined).exp());
                logSum = joined;
            });
            (_output, _logSum) = (output!, logSum!);
        }

        public override Tensor Output => _output;

        public override IReadOnlyList<Tensor> Backward(Tensor cotangent)
        {
            using var nograd = no_grad();
            var queryGradient = zeros_like(_query);
            var own = (cotangent * _output).sum(-1, keepdim: true);                   // [B, H, L, 1]
            // Keys, values and their gradients go round together; the gradients take one more hop, home.
            var tensors = OverHops([_key, _value, zeros_like(_key), zeros_like(_value)], 2, (passing, rank) =>
            {
                var weights = (Scores(passing[0], rank) - _logSum).exp();             // [B, H, L, L']
                passing[3] = passing[3] + weights.transpose(-2, -1).matmul(cotangent);
                var scores = weights * (cotangent.matmul(passing[1].transpose(-2, -1)) - own) * _scale;
                queryGradient.add_(scores.matmul(passing[0]));
                passing[2] = passing[2] + scores.transpose(-2, -1).matmul(_query);
            });
            return [queryGradient, tensors[2], tensors[3]];
        }

        /// <summary>Does the work for the slice of every rank up to the own one as it passes.</summary>
        /// <param name="tensors">What passes.</param>
        /// <param name="returning">How many of them, the last, go home at the end.</param>
        /// <param name="work">The work on what is here, and whose slice it is.</param>
        private Tensor[] OverHops(Tensor[] tensors, int returning, Action<Tensor[], int> work)
        {
            for (var hop = 0; hop < _ring.Size; hop++)
            {
                var rank = (_ring.Rank - hop + _ring.Size) % _ring.Size;
                if (rank <= _ring.Rank)
                {
                    work(tensors, rank);
                }

                var isLast = hop == _ring.Size - 1;
                for (var i = isLast ? tensors.Length - returning : 0; i < tensors.Length && _ring.Size > 1; i++)
                {
                    tensors[i] = _ring.Shift(tensors[i]);
                }
            }

            return tensors;
        }

        /// <summary>Scaled products with the keys of a slice, −∞ above the diagonal of the own one.</summary>
        private Tensor Scores(Tensor key, int rank)
        {
            var scores = (_query * _scale).matmul(key.transpose(-2, -1));
            if (rank < _ring.Rank)
            {
                return scores;
            }

            var future = ones(scores.shape[2], scores.shape[3], dtype: ScalarType.Bool).triu(1);
            return scores.masked_fill(future, double.NegativeInfinity);
        }
    }
}
