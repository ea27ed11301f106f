using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class HeadBackward<TSimd, TVector>
{
    /// <summary>∂k, the correction's ∂b, the decay's gradient, and the normaliser's.</summary>
    private sealed class KeyGradient : ScanOutput
    {
        private readonly HeadBackward<TSimd, TVector> _pass;
        private readonly float* _key;
        private readonly float* _correction;
        private readonly float* _decay;
        private readonly float* _sum;
        private readonly int _size;
        private readonly bool _isDecayPerChannel;

        public KeyGradient(HeadBackward<TSimd, TVector> pass)
        {
            _pass = pass;
            var (tensors, gradients) = (pass._tensors, pass._gradients);
            _size = pass._keySize;
            _key = gradients.Key.Head(pass._batch, pass._head);
            _correction = gradients.CorrectionWrite == null ? null : gradients.CorrectionWrite.Head(pass._batch, pass._head);
            _decay = gradients.Decay == null ? null : gradients.Decay.Head(pass._batch, pass._head);
            _isDecayPerChannel = tensors.Decay is { Width: > 1 };
            if (tensors.NormaliserEpsilon != null)
            {
                _sum = pass._arena.Take(_size);
                if (gradients.FinalNormaliser is { } final)
                {
                    new ReadOnlySpan<float>(final.Head(pass._batch, pass._head), _size).CopyTo(new Span<float>(_sum, _size));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Take(nint token, float* x, float* y, float* right)
        {
            var tensors = _pass._tensors;
            var to = _key + (token * _size);
            if (_sum != null)
            {
                Rows<TSimd, TVector>.AddScaled(_sum, right, _pass._denominators[token], _size);
                Rows<TSimd, TVector>.AddScaled(to, _sum, 1, _size);
            }

            if (tensors.EluPlusOne)
            {
                Rows<TSimd, TVector>.ThroughEluPlusOne(to, _pass._rows.KeyFeatures + (token * _size), _size);
            }

            if (_decay == null)
            {
                return;
            }

            if (tensors.Strength != null)
            {
                // ∂k = ∂S u − S̃ ∂v; the second part is there, the first has been read just now.
                AddDifference(token, x, to);
            }
            else
            {
                TakeDecay(token, to);
            }
        }

        /// <summary>The gradient of the normaliser before the first token.</summary>
        public void Finish()
        {
            if (_sum != null && _pass._gradients.Normaliser is { } normaliser)
            {
                new ReadOnlySpan<float>(_sum, _size).CopyTo(new Span<float>(normaliser.Head(_pass._batch, _pass._head), _size));
            }
        }

        private void TakeDecay(nint token, float* keyGradient)
        {
            var tensors = _pass._tensors;
            var sum = _pass._decaySum;
            if (!tensors.ReadsFirst && _correction == null)
            {
                AddDifference(token, keyGradient, null);
                return;
            }

            if (!tensors.ReadsFirst)
            {
                AddQuery(token);
            }

            Rows<TSimd, TVector>.AddProduct(sum, Of(tensors.Key, token), keyGradient, -1, _size);
            if (_correction != null)
            {
                Rows<TSimd, TVector>.AddProduct(sum, Of(tensors.CorrectionWrite!, token), _correction + (token * _size), -1, _size);
            }

            PutDecay(token);
            if (tensors.ReadsFirst)
            {
                AddQuery(token);
            }

            if (_correction != null)
            {
                var read = _pass._gradients.CorrectionRead!.Head(_pass._batch, _pass._head) + (token * _size);
                Rows<TSimd, TVector>.AddProduct(sum, Of(tensors.CorrectionRead!, token), read, 1, _size);
            }
        }

        /// <summary>γ += q ⊙ ∂q − k ⊙ (∂k without what the key read), and the decay's gradient from it.</summary>
        private void AddDifference(nint token, float* keyGradient, float* second)
        {
            var queryGradient = _pass._gradients.Query.Head(_pass._batch, _pass._head) + (token * _size);
            var total = Rows<TSimd, TVector>.AddDifference(
                _pass._decaySum, Of(_pass._tensors.Query, token), queryGradient, Of(_pass._tensors.Key, token), keyGradient, second,
                _isDecayPerChannel ? _decay + (token * _size) : null, _size);
            if (!_isDecayPerChannel)
            {
                _decay[token] = total;
            }
        }

        private void AddQuery(nint token)
        {
            var gradient = _pass._gradients.Query.Head(_pass._batch, _pass._head) + (token * _size);
            Rows<TSimd, TVector>.AddProduct(_pass._decaySum, Of(_pass._tensors.Query, token), gradient, 1, _size);
        }

        private void PutDecay(nint token)
        {
            if (_isDecayPerChannel)
            {
                new ReadOnlySpan<float>(_pass._decaySum, _size).CopyTo(new Span<float>(_decay + (token * _size), _size));
            }
            else
            {
                _decay[token] = Rows<TSimd, TVector>.Sum(_pass._decaySum, _size);
            }
        }

        private float* Of(TensorView view, nint token) => view.Head(_pass._batch, _pass._head) + (token * view.Stride);
    }
}
