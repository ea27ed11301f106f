using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// The backward pass of one head in three scans that store no state: the adjoint state backward (gradients of values and of the dependent
/// writes), the state forward and transposed (gradients of queries), the adjoint backward and transposed (gradients of keys and decays).
/// </summary>
/// <remarks>
/// The adjoint of a recurrence that is linear in its state does not need the state. A decay's gradient is the product of decayed state and
/// adjoint; its sum over values obeys <c>γ_t = γ_{t+1} + q_t ⊙ ∂q_t − k_t ⊙ ∂k_t</c> (Yang et al., arXiv:2312.06635, appendix C), extended here
/// by the terms of the dependent writes.
/// </remarks>
internal sealed unsafe class HeadBackward<TSimd, TVector> : IDisposable
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    private readonly HeadTensors _tensors;
    private readonly HeadGradients _gradients;
    private readonly long _batch;
    private readonly long _head;
    private readonly nint _length;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly HeadRows _rows;
    private readonly Arena _arena = new();
    private readonly TokenRows _outputGradient;
    private readonly float* _dependent;   // [N, E]: β p or p of the adjoint scan
    private readonly float* _denominators; // [N]: gradient of the denominator
    private readonly float* _decaySum;    // [D]: γ

    private HeadBackward(HeadTensors tensors, long batch, long head)
    {
        (_tensors, _gradients, _batch, _head) = (tensors, tensors.Gradients!, batch, head);
        (_length, _keySize, _valueSize) = ((nint)tensors.Length, tensors.KeySize, tensors.ValueSize);
        _rows = new HeadRows(tensors, batch, head);
        _outputGradient = _rows.Of(_gradients.Output);
        _decaySum = _arena.Take(_keySize);
        if (tensors.CorrectionRead != null)
        {
            _dependent = _arena.Take(_length * _valueSize);
        }

        if (tensors.NormaliserEpsilon != null)
        {
            _denominators = _arena.Take(_length);
            _outputGradient.TokenFactor = _arena.Take(_length);
            PrepareDenominators(_outputGradient.TokenFactor);
        }
    }

    /// <summary>Computes all gradients of a head.</summary>
    public static void Run(HeadTensors tensors, long batch, long head)
    {
        using var pass = new HeadBackward<TSimd, TVector>(tensors, batch, head);
        pass.AdjointScan();
        using var transposed = new Scanner<TSimd, TVector>(tensors.ValueSize, tensors.KeySize);
        pass.StateScan(transposed);
        pass.TransposedAdjointScan(transposed);
    }

    /// <inheritdoc />
    public void Dispose() => _arena.Dispose();

    /// <summary>1/denominator and the gradient of the denominator, −(∂o·o)/denominator, by token.</summary>
    private void PrepareDenominators(float* inverse)
    {
        float* output = _tensors.Output.Head(_batch, _head), denominator = _tensors.Denominator!.Head(_batch, _head);
        for (nint t = 0; t < _length; t++)
        {
            inverse[t] = 1 / denominator[t];
            var gradient = _outputGradient.Start + (t * _outputGradient.Stride);
            _denominators[t] = -Rows<TSimd, TVector>.Dot(gradient, output + (t * _tensors.Output.Stride), _valueSize) * inverse[t];
        }
    }

    private void AdjointScan()
    {
        using var scanner = new Scanner<TSimd, TVector>(_keySize, _valueSize);
        scanner.Put(_gradients.FinalState == null ? null : _gradients.FinalState.Head(_batch, _head), _keySize, _valueSize, _valueSize, 1);
        var valueGradient = _gradients.Value.Head(_batch, _head);
        var scan = new Scan
        {
            Length = _length,
            Rows = _keySize,
            Columns = _valueSize,
            Reverse = true,
            Write0 = _rows.Query with { AfterDecay = _tensors.ReadsFirst },
            Right0 = _outputGradient,
            ReadX = _rows.Key,
            DirectX = valueGradient,
        };
        _rows.Decays(scan, DecayAxis.Rows);
        if (_tensors.Strength != null)
        {
            scan.Dependence = Dependence.DeltaAdjoint;
            scan.Dependent = _rows.Key;
            scan.Write1 = _rows.Key with { Factor = -1 };
            scan.Strength = _tensors.Strength.Head(_batch, _head);
            scan.Kept = valueGradient;
            scan.Errors = _tensors.Kept!.Head(_batch, _head);
            scan.StrengthGradient = _gradients.Strength!.Head(_batch, _head);
            scan.DirectX = null;
            scanner.Run<WriteWrite>(scan);
        }
        else if (_tensors.CorrectionRead != null)
        {
            scan.Dependence = Dependence.CorrectionAdjoint;
            scan.Dependent = _rows.CorrectionWrite;
            scan.Write1 = _rows.CorrectionRead with { AfterDecay = true };
            scan.Kept = _dependent;
            scanner.Run<WriteReadWrite>(scan);
        }
        else if (_tensors.ReadsFirst)
        {
            scanner.Run<ReadWrite>(scan);
        }
        else
        {
            scanner.Run<WriteRead>(scan);
        }

        if (_gradients.State is { } state)
        {
            scanner.Get(state.Head(_batch, _head), _keySize, _valueSize, _valueSize, 1);
        }
    }

    private void StateScan(Scanner<TSimd, TVector> scanner)
    {
        scanner.Put(_tensors.State == null ? null : _tensors.State.Head(_batch, _head), _valueSize, _keySize, 1, _valueSize);
        var scan = new Scan
        {
            Length = _length,
            Rows = _valueSize,
            Columns = _keySize,
            Write0 = _rows.Value,
            Right0 = _rows.Key with { AfterDecay = true },
            ReadX = _outputGradient,
            ReadXAfter = !_tensors.ReadsFirst,
            Output = new QueryGradient(this),
        };
        _rows.Decays(scan, DecayAxis.Columns);
        if (_tensors.Strength != null)
        {
            scan.Write0 = _rows.Of(_tensors.Kept!) with { TokenFactor = _tensors.Strength.Head(_batch, _head) };
            scan.ReadX = _rows.Of(_gradients.Value);
            (scan.ReadY, scan.ReadYAfter) = (_outputGradient, true);
            scanner.Run<ReadWriteRead>(scan);
        }
        else if (_tensors.CorrectionRead != null)
        {
            scan.Write1 = _rows.Of(_tensors.Kept!);
            scan.Right1 = _rows.CorrectionWrite with { AfterDecay = true };
            (scan.ReadX, scan.ReadXAfter) = (Own(_dependent), false);
            (scan.ReadY, scan.ReadYAfter) = (_outputGradient, true);
            scanner.Run<ReadWriteWriteRead>(scan);
        }
        else if (_tensors.ReadsFirst)
        {
            scanner.Run<ReadWrite>(scan);
        }
        else
        {
            scanner.Run<WriteRead>(scan);
        }

        if (_gradients.Decay != null && _gradients.FinalState is { } final)
        {
            SumOverValues(scanner, final.Head(_batch, _head));
        }
    }

    /// <summary>γ after the last token: Σ_e S ⊙ ∂S.</summary>
    private void SumOverValues(Scanner<TSimd, TVector> scanner, float* gradient)
    {
        for (var d = 0; d < _keySize; d++)
        {
            for (var e = 0; e < _valueSize; e++)
            {
                _decaySum[d] += scanner.State[((nint)e * scanner.Pitch) + d] * gradient[(d * _valueSize) + e];
            }
        }
    }

    private void TransposedAdjointScan(Scanner<TSimd, TVector> scanner)
    {
        scanner.Put(_gradients.FinalState == null ? null : _gradients.FinalState.Head(_batch, _head), _valueSize, _keySize, 1, _valueSize);
        var scan = new Scan
        {
            Length = _length,
            Rows = _valueSize,
            Columns = _keySize,
            Reverse = true,
            Write0 = _outputGradient,
            Right0 = _rows.Query with { AfterDecay = _tensors.ReadsFirst },
            ReadX = _rows.Value,
            Output = new KeyGradient(this),
        };
        _rows.Decays(scan, DecayAxis.Columns);
        if (_tensors.Strength != null)
        {
            scan.ReadX = _rows.Of(_tensors.Kept!) with { TokenFactor = _tensors.Strength.Head(_batch, _head) };
            scan.Write1 = _rows.Of(_gradients.Value, -1);
            scan.Right1 = _rows.Key;
            scanner.Run<WriteReadWrite>(scan);
        }
        else if (_tensors.CorrectionRead != null)
        {
            scan.ReadY = _rows.Of(_tensors.Kept!);
            scan.Write1 = Own(_dependent);
            scan.Right1 = _rows.CorrectionRead with { AfterDecay = true };
            scanner.Run<WriteReadReadWrite>(scan);
        }
        else if (_tensors.ReadsFirst)
        {
            scanner.Run<ReadWrite>(scan);
        }
        else
        {
            scanner.Run<WriteRead>(scan);
        }

        ((KeyGradient)scan.Output).Finish();
    }

    private TokenRows Own(float* start) => new() { Start = start, Stride = _valueSize, Factor = 1 };

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
        public override void Take(nint token, float* x, float* y, float* left, float* right)
        {
            var tensors = _pass._tensors;
            var to = _key + (token * _size);
            if (tensors.Strength != null)
            {
                TakeDelta(token, x, to);
                return;
            }

            if (_sum != null)
            {
                Rows<TSimd, TVector>.AddScaled(_sum, right, _pass._denominators[token], _size);
                Rows<TSimd, TVector>.AddScaled(x, _sum, 1, _size);
            }

            if (tensors.EluPlusOne)
            {
                Rows<TSimd, TVector>.ThroughEluPlusOne(to, x, tensors.Key.Head(_pass._batch, _pass._head) + (token * tensors.Key.Stride), 1, _size);
            }
            else
            {
                Rows<TSimd, TVector>.Scaled(to, x, 1, _size);
            }

            if (_correction != null)
            {
                Rows<TSimd, TVector>.Scaled(_correction + (token * _size), y, 1, _size);
            }

            if (_decay != null)
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

        /// <summary>∂k = ∂S u − S̃ ∂v; the second part has been left in place by the scan of the state.</summary>
        private void TakeDelta(nint token, float* read, float* to)
        {
            if (_decay != null)
            {
                AddDifference(token, read, to);
            }

            Rows<TSimd, TVector>.SubtractFrom(to, read, _size);
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

        /// <summary>γ += q ⊙ ∂q − k ⊙ (∂k and its second part), and the decay's gradient from it.</summary>
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
