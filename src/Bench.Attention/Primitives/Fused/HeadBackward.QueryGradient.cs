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

        public QueryGradient(HeadBackward<TSimd, TVector> pass)
        {
            _pass = pass;
            var tensors = pass._tensors;
            (_size, _scale) = (pass._keySize, tensors.Scale);
            _features = pass._rows.QueryFeatures;
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
            for (var j = 0; _sum != null && j < tokens.Count; j++)
            {
                (ones[j], factors[j]) = (1, _pass._denominators[tokens.First + (j * tokens.Step)] * _scale);
            }

            nint first = tokens.First * _size, pitch = tokens.Step * _size;
            RunningSum<TSimd, TVector>.Spread(
                _sum, new TokenSpan(tokens.Right, tokens.PitchRight), ones, new TokenSpan(_pass._queryGradient + first, pitch), factors,
                _features == null ? default : new TokenSpan(_features + first, pitch), tokens.Count, _size);
        }
    }
}
