using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class HeadBackward<TSimd, TVector>
{
    /// <summary>∂q = scale · S ∂o lies there already; what is left is the normaliser's part and the way through the feature map.</summary>
    private sealed class QueryGradient : ScanOutput
    {
        private readonly HeadBackward<TSimd, TVector> _pass;
        private readonly float* _sum;
        private readonly float* _features;
        private readonly int _size;
        private readonly float _scale;
        private readonly TokenRows _query;
        private readonly TokenRows _output;

        public QueryGradient(HeadBackward<TSimd, TVector> pass)
        {
            _pass = pass;
            var tensors = pass._tensors;
            (_size, _scale) = (pass._keySize, tensors.Scale);
            _features = pass._rows.QueryFeatures;
            (_query, _output) = (pass._rows.Of(tensors.Query), pass._rows.Of(tensors.Output));
            if (tensors.NormaliserEpsilon != null)
            {
                _sum = pass._arena.Take(_size);
                if (tensors.Normaliser is { } initial)
                {
                    new ReadOnlySpan<float>(initial.Head(pass._batch, pass._head), _size).CopyTo(new Span<float>(_sum, _size));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Take(in TakenTokens tokens)
        {
            float* ones = stackalloc float[4], factors = stackalloc float[4];
            if (_sum != null)
            {
                TakeDenominators(tokens);
            }

            if (_features != null)
            {
                Scanner<TSimd, TVector>.TakeElu(
                    _features + (tokens.First * _size), tokens.Step * _size, _query.Start + (tokens.First * _query.Stride), tokens.Step * _query.Stride,
                    tokens.Count, 1, _size);
            }

            for (var j = 0; _sum != null && j < tokens.Count; j++)
            {
                (ones[j], factors[j]) = (1, _pass._denominators[tokens.First + (j * tokens.Step)] * _scale);
            }

            nint first = tokens.First * _size, pitch = tokens.Step * _size;
            RunningSum<TSimd, TVector>.Spread(
                _sum, new TokenSpan(tokens.Right, tokens.PitchRight), ones, new TokenSpan(_pass._queryGradient + first, pitch), factors,
                _features == null ? default : new TokenSpan(_features + first, pitch), tokens.Count, _size);
        }

        /// <summary>The gradients of the denominators, −(∂o·o)/denominator.</summary>
        private void TakeDenominators(in TakenTokens tokens)
        {
            ref readonly var gradient = ref _pass._outputGradient;
            float* products = stackalloc float[4];
            RunningSum<TSimd, TVector>.Dots(
                new TokenSpan(gradient.Start + (tokens.First * gradient.Stride), tokens.Step * gradient.Stride),
                new TokenSpan(_output.Start + (tokens.First * _output.Stride), tokens.Step * _output.Stride), products, tokens.Count, _pass._valueSize);
            for (var j = 0; j < tokens.Count; j++)
            {
                var token = tokens.First + (j * tokens.Step);
                _pass._denominators[token] = -products[j] * gradient.TokenFactor[token];
            }
        }
    }
}
