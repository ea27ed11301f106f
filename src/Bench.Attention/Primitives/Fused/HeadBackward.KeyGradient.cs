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
        private readonly float* _features;
        private readonly float* _query;
        private readonly float* _queryGradient;
        private readonly float* _keys;
        private readonly nint _queryStride;
        private readonly nint _keyStride;
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
            _features = pass._rows.KeyFeatures;
            _query = tensors.Query.Head(pass._batch, pass._head);
            _keys = tensors.Key.Head(pass._batch, pass._head);
            (_queryStride, _keyStride) = (tensors.Query.Stride, tensors.Key.Stride);
            _queryGradient = gradients.Query.Head(pass._batch, pass._head);
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
        public override void Take(in TakenTokens tokens)
        {
            if (_sum != null || _features != null)
            {
                Spread(tokens);
            }

            var tensors = _pass._tensors;
            if (tensors.FromUnitKey)
            {
                TurnToUnitKey(tokens);
                return;
            }

            if (_decay == null)
            {
                return;
            }

            if (tensors.Strength != null)
            {
                // ∂k = ∂S u − S̃ ∂v; the second part is there, the first has been read just now.
                AddDifferences(tokens, new TokenSpan(tokens.X, tokens.PitchX), At(_key, _size, tokens));
            }
            else if (!tensors.ReadsFirst && _correction == null)
            {
                AddDifferences(tokens, At(_key, _size, tokens), default);
            }
            else
            {
                AddProducts(tokens);
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

        /// <summary>The normaliser's part and the way through the feature map.</summary>
        private void Spread(in TakenTokens tokens)
        {
            float* ones = stackalloc float[4], factors = stackalloc float[4];
            for (var j = 0; _sum != null && j < tokens.Count; j++)
            {
                (ones[j], factors[j]) = (1, _pass._denominators[tokens.First + (j * tokens.Step)] * _pass._tensors.Scale);
            }

            RunningSum<TSimd, TVector>.Spread(
                _sum, new TokenSpan(tokens.Right, tokens.PitchRight), factors, At(_key, _size, tokens), ones,
                _features == null ? default : At(_features, _size, tokens), tokens.Count, _size);
        }

        /// <summary>γ += q ⊙ ∂q − k ⊙ (∂k without what the key read), and the decay's gradient from it.</summary>
        private void AddDifferences(in TakenTokens tokens, in TokenSpan keyGradient, in TokenSpan second)
        {
            var totals = stackalloc float[4];
            RunningSum<TSimd, TVector>.AddDifferences(
                _pass._decaySum, At(_query, _queryStride, tokens), At(_queryGradient, _size, tokens), At(_keys, _keyStride, tokens),
                keyGradient, second, _isDecayPerChannel ? At(_decay, _size, tokens) : default, _isDecayPerChannel ? null : totals,
                tokens.Count, _size);
            Put(tokens, totals);
        }

        /// <summary>Rows of the block's tokens.</summary>
        private static TokenSpan At(float* start, nint stride, in TakenTokens tokens) =>
            new(start + (tokens.First * stride), tokens.Step * stride);

        /// <summary>The decay's gradient where the output reads first, or where there is a correction.</summary>
        private void AddProducts(in TakenTokens tokens)
        {
            var (tensors, gradients) = (_pass._tensors, _pass._gradients);
            var query = new TokenPair(At(_query, _queryStride, tokens), At(_queryGradient, _size, tokens));
            var key = new TokenPair(At(_keys, _keyStride, tokens), At(_key, _size, tokens));
            var write = _correction == null ? default : new TokenPair(At(tensors.CorrectionWrite!, tokens), At(_correction, _size, tokens));
            var read = _correction == null ? default : new TokenPair(At(tensors.CorrectionRead!, tokens), At(gradients.CorrectionRead!, tokens));
            var totals = stackalloc float[4];
            RunningSum<TSimd, TVector>.AddProducts(
                _pass._decaySum, tensors.ReadsFirst ? default : query, key, write, tensors.ReadsFirst ? query : read,
                _isDecayPerChannel ? At(_decay, _size, tokens) : default, _isDecayPerChannel ? null : totals, tokens.Count, _size);
            Put(tokens, totals);
        }

        /// <summary>The gradients of the decay's rate, of the unit key and of its in-context rate.</summary>
        private void TurnToUnitKey(in TakenTokens tokens)
        {
            var (tensors, gradients) = (_pass._tensors, _pass._gradients);
            UnitKeyGradients<TSimd, TVector>.Turn(
                _pass._decaySum, new TokenPair(At(_query, _queryStride, tokens), At(_queryGradient, _size, tokens)),
                new TokenPair(At(_keys, _keyStride, tokens), At(_key, _size, tokens)),
                new TokenPair(At(tensors.CorrectionRead!, tokens), At(gradients.CorrectionRead!, tokens)),
                new TokenPair(At(tensors.CorrectionWrite!, tokens), At(_correction, _size, tokens)),
                _decay == null ? default : new TokenPair(At(_pass._rows.DecayLogs, _size, tokens), At(_decay, _size, tokens)), tokens.Count, _size);
        }

        /// <summary>The gradients of a decay that is one number a token.</summary>
        private void Put(in TakenTokens tokens, float* totals)
        {
            for (var j = 0; !_isDecayPerChannel && j < tokens.Count; j++)
            {
                _decay[tokens.First + (j * tokens.Step)] = totals[j];
            }
        }

        private TokenSpan At(TensorView view, in TakenTokens tokens) => At(view.Head(_pass._batch, _pass._head), view.Stride, tokens);
    }
}
