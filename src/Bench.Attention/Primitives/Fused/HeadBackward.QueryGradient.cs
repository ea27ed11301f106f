using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class HeadBackward<TSimd, TVector>
{
    /// <summary>∂q = scale · S ∂o lies there already; what is left is the normaliser's part and the way through the feature map.</summary>
    private sealed class QueryGradient : ScanOutput
    {
        private readonly HeadBackward<TSimd, TVector> _pass;
        private readonly float* _sum;
        private readonly int _size;
        private readonly float _scale;

        public QueryGradient(HeadBackward<TSimd, TVector> pass)
        {
            _pass = pass;
            var tensors = pass._tensors;
            (_size, _scale) = (pass._keySize, tensors.Scale);
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
        public override void Take(nint token, float* x, float* y, float* right)
        {
            var to = _pass._queryGradient + (token * _size);
            if (_sum != null)
            {
                Rows<TSimd, TVector>.AddScaled(_sum, right, 1, _size);
                Rows<TSimd, TVector>.AddScaled(to, _sum, _pass._denominators[token] * _scale, _size);
            }

            if (_pass._tensors.EluPlusOne)
            {
                Rows<TSimd, TVector>.ThroughEluPlusOne(to, _pass._rows.QueryFeatures + (token * _size), _size);
            }
        }
    }
}
