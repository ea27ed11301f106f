using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class HeadBackward<TSimd, TVector>
{
    /// <summary>∂q = scale · S ∂o; with a dependent write also the first read, for the key or the correction.</summary>
    private sealed class QueryGradient : ScanOutput
    {
        private readonly HeadBackward<TSimd, TVector> _pass;
        private readonly float* _query;
        private readonly float* _other;
        private readonly float* _sum;
        private readonly TokenRows _raw;
        private readonly int _size;
        private readonly float _scale;

        public QueryGradient(HeadBackward<TSimd, TVector> pass)
        {
            _pass = pass;
            var (tensors, gradients) = (pass._tensors, pass._gradients);
            (_size, _scale) = (pass._keySize, tensors.Scale);
            _query = gradients.Query.Head(pass._batch, pass._head);
            _other = tensors.Strength != null ? gradients.Key.Head(pass._batch, pass._head)
                : tensors.CorrectionRead != null ? gradients.CorrectionRead!.Head(pass._batch, pass._head) : null;
            _raw = pass._rows.Of(tensors.Query);
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
        public override void Take(nint token, float* x, float* y, float* left, float* right)
        {
            var read = x;
            if (_other != null)
            {
                new ReadOnlySpan<float>(x, _size).CopyTo(new Span<float>(_other + (token * _size), _size));
                read = y;
            }

            if (_sum != null)
            {
                Rows<TSimd, TVector>.AddScaled(_sum, right, 1, _size);
                Rows<TSimd, TVector>.AddScaled(read, _sum, _pass._denominators[token], _size);
            }

            var to = _query + (token * _size);
            if (_pass._tensors.EluPlusOne)
            {
                Rows<TSimd, TVector>.ThroughEluPlusOne(to, read, _raw.Start + (token * _raw.Stride), _scale, _size);
            }
            else
            {
                Rows<TSimd, TVector>.Scaled(to, read, _scale, _size);
            }
        }
    }
}
