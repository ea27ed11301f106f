namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// The backward pass of one head in three scans that store no state: the adjoint state backward (gradients of values and of the dependent
/// writes), the state forward and transposed (gradients of queries), the adjoint backward and transposed (gradients of keys and decays). Where no
/// write depends on the state, both adjoints go side by side.
/// </summary>
/// <remarks>
/// The adjoint of a recurrence that is linear in its state does not need the state. A decay's gradient is the product of decayed state and
/// adjoint; its sum over values obeys <c>γ_t = γ_{t+1} + q_t ⊙ ∂q_t − k_t ⊙ ∂k_t</c> (Yang et al., arXiv:2312.06635, appendix C), extended here
/// by the terms of the dependent writes.
/// </remarks>
internal sealed unsafe partial class HeadBackward<TSimd, TVector> : IDisposable
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
    private readonly float* _queryGradient; // [N, D]
    private readonly float* _keyGradient;   // [N, D]
    private readonly float* _dependent;   // [N, E]: β p or p of the adjoint scan
    private readonly float* _denominators; // [N]: gradient of the denominator
    private readonly float* _decaySum;    // [D]: γ

    private HeadBackward(HeadTensors tensors, long batch, long head)
    {
        (_tensors, _gradients, _batch, _head) = (tensors, tensors.Gradients!, batch, head);
        (_length, _keySize, _valueSize) = ((nint)tensors.Length, tensors.KeySize, tensors.ValueSize);
        _rows = new HeadRows(tensors, batch, head)
        {
            QueryFeatures = Features(),
            KeyFeatures = Features(),
            DecayLogs = tensors.FromUnitKey ? _arena.TakeRows(_length * _keySize, 3) : null,
        };
        _outputGradient = _rows.Of(_gradients.Output);
        _queryGradient = _gradients.Query.Head(batch, head);
        _keyGradient = _gradients.Key.Head(batch, head);
        _decaySum = _arena.Take(_keySize);
        if (tensors.CorrectionRead != null)
        {
            _dependent = _arena.TakeRows(_length * _valueSize, 1);
        }

        if (tensors.NormaliserEpsilon != null)
        {
            _denominators = _arena.Take(_length);
            _outputGradient.TokenFactor = _arena.Take(_length);
            var denominator = tensors.Denominator!.Head(batch, head);
            for (nint t = 0; t < _length; t++)
            {
                _outputGradient.TokenFactor[t] = 1 / denominator[t];
            }
        }
    }

    /// <summary>Computes all gradients of a head.</summary>
    public static void Run(HeadTensors tensors, long batch, long head)
    {
        using var pass = new HeadBackward<TSimd, TVector>(tensors, batch, head);
        using var scanner = new Scanner<TSimd, TVector>(tensors.KeySize, tensors.ValueSize);
        using var transposed = new Scanner<TSimd, TVector>(tensors.ValueSize, tensors.KeySize);
        if (tensors.Strength == null && tensors.CorrectionRead == null)
        {
            pass.StateScan(transposed);
            pass.AdjointScans(scanner, transposed);
            return;
        }

        // What depends on the state passes through it once more, with gradients that only the adjoint knows.
        pass.AdjointScan(scanner);
        pass.StateScan(transposed);
        pass.TransposedAdjointScan(transposed);
    }

    /// <inheritdoc />
    public void Dispose() => _arena.Dispose();

    /// <summary>Room for rows behind elu + 1, which the first scan fills for the others; null when there is no feature map.</summary>
    private float* Features() => _tensors.EluPlusOne ? _arena.TakeRaw(_length * _keySize) : null;

    /// <summary>Both adjoint scans where nothing depends on the state: they read the same rows, so they go side by side.</summary>
    private void AdjointScans(Scanner<TSimd, TVector> scanner, Scanner<TSimd, TVector> transposed)
    {
        var (scan, transposedScan) = (Adjoint(scanner), TransposedAdjoint(transposed));
        if (_tensors.ReadsFirst)
        {
            scanner.RunBeside<ReadWrite>(scan, transposed, transposedScan);
        }
        else
        {
            scanner.RunBeside<WriteRead>(scan, transposed, transposedScan);
        }

        GetStateGradient(scanner);
        (transposedScan.Output as KeyGradient)?.Finish();
    }

    /// <summary>The adjoint scan: gradients of values.</summary>
    private Scan Adjoint(Scanner<TSimd, TVector> scanner)
    {
        scanner.Put(_gradients.FinalState == null ? null : _gradients.FinalState.Head(_batch, _head), _keySize, _valueSize, _valueSize, 1);
        var scan = new Scan
        {
            First = _length - 1,
            Length = _length,
            Rows = _keySize,
            Columns = _valueSize,
            Reverse = true,
            // A product's factors go with its left row, which is copied in any case; its right row is then read where it lies.
            Write0 = _rows.Query with { AfterDecay = _tensors.ReadsFirst, TokenFactor = _outputGradient.TokenFactor },
            Right0 = _outputGradient with { TokenFactor = null },
            ReadX = _rows.Key,
            X = new OutputRows { Start = _gradients.Value.Head(_batch, _head) },
        };
        _rows.FirstDecays(scan, DecayAxis.Rows);
        return scan;
    }

    private void GetStateGradient(Scanner<TSimd, TVector> scanner)
    {
        if (_gradients.State is { } state)
        {
            scanner.Get(state.Head(_batch, _head), _keySize, _valueSize);
        }
    }

    private void AdjointScan(Scanner<TSimd, TVector> scanner)
    {
        var scan = Adjoint(scanner);
        if (_tensors.Strength != null)
        {
            scan.Dependent = _rows.Key;
            scan.Write1 = _rows.Key with { Factor = -1 };
            scan.Strength = _tensors.Strength.Head(_batch, _head);
            scan.Kept = _gradients.Value.Head(_batch, _head);
            scan.Errors = _tensors.Kept!.Head(_batch, _head);
            scan.StrengthGradient = _gradients.Strength!.Head(_batch, _head);
            scan.X = default;
            scanner.Run<DeltaBackward>(scan);
        }
        else
        {
            scan.Dependent = _rows.CorrectionWrite;
            scan.Write1 = _rows.CorrectionRead with { AfterDecay = true };
            scan.Kept = _dependent;
            scanner.Run<CorrectionBackward>(scan);
        }

        GetStateGradient(scanner);
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
            Right0 = _rows.FirstKey with { AfterDecay = true },
            ReadX = _outputGradient with { Factor = _tensors.Scale },
            X = new OutputRows { Start = _queryGradient, AfterDecay = !_tensors.ReadsFirst },
            Output = _tensors.EluPlusOne || _tensors.NormaliserEpsilon != null ? new QueryGradient(this) : null,
        };
        if (scan.Output != null)
        {
            scan.BesideRight = [_rows.Of(_tensors.Query)];
            scan.BesideLeft = _denominators == null ? [] : [_rows.Of(_tensors.Output)];
        }

        _rows.Decays(scan, DecayAxis.Columns);
        if (_tensors.Strength != null)
        {
            scan.Write0 = _rows.Of(_tensors.Kept!) with { TokenFactor = _tensors.Strength.Head(_batch, _head) };
            (scan.ReadY, scan.Y) = (scan.ReadX, scan.X with { AfterDecay = true });
            (scan.ReadX, scan.X) = (_rows.Of(_gradients.Value, -1), new OutputRows { Start = _keyGradient, AfterDecay = true });
            scanner.Run<ReadWriteRead>(scan);
        }
        else if (_tensors.CorrectionRead != null)
        {
            scan.Write1 = _rows.Of(_tensors.Kept!);
            scan.Right1 = _rows.CorrectionWrite with { AfterDecay = true };
            (scan.ReadY, scan.Y) = (scan.ReadX, scan.X with { AfterDecay = true });
            (scan.ReadX, scan.X) = (Own(_dependent), new OutputRows { Start = _gradients.CorrectionRead!.Head(_batch, _head) });
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

    /// <summary>The transposed adjoint scan: gradients of keys and decays.</summary>
    private Scan TransposedAdjoint(Scanner<TSimd, TVector> scanner)
    {
        scanner.Put(_gradients.FinalState == null ? null : _gradients.FinalState.Head(_batch, _head), _valueSize, _keySize, 1, _valueSize);
        var scan = new Scan
        {
            First = _length - 1,
            Length = _length,
            Rows = _valueSize,
            Columns = _keySize,
            Reverse = true,
            Write0 = _outputGradient with { Factor = _tensors.Scale },
            Right0 = _rows.Query with { AfterDecay = _tensors.ReadsFirst, Factor = 1 },
            ReadX = _rows.Value,
            X = new OutputRows { Start = _keyGradient },
            Output = _tensors.EluPlusOne || _tensors.NormaliserEpsilon != null || _gradients.Decay != null || _tensors.FromUnitKey
                ? new KeyGradient(this)
                : null,
        };
        scan.BesideRight = scan.Output == null ? [] : [.. KeyGradientRows()];
        _rows.Decays(scan, DecayAxis.Columns);
        return scan;
    }

    /// <summary>What <see cref="KeyGradient"/> reads beside the rows of its scan.</summary>
    private List<TokenRows> KeyGradientRows()
    {
        List<TokenRows> rows = _tensors.EluPlusOne ? [_rows.Key] : [];
        if (_gradients.Decay != null)
        {
            rows.AddRange(_rows.Of(_gradients.Query), _rows.Of(_tensors.Key));
        }

        if (_tensors.CorrectionRead != null)
        {
            rows.AddRange(_rows.Of(_tensors.CorrectionWrite!), _rows.Of(_gradients.CorrectionRead!));
        }

        return rows;
    }

    private void TransposedAdjointScan(Scanner<TSimd, TVector> scanner)
    {
        var scan = TransposedAdjoint(scanner);
        if (_tensors.Strength != null)
        {
            scan.ReadX = _rows.Of(_tensors.Kept!) with { TokenFactor = _tensors.Strength.Head(_batch, _head) };
            scan.Write1 = _rows.Of(_gradients.Value, -1);
            scan.Right1 = _rows.Key;
            scan.X = _gradients.Decay == null ? scan.X with { Adds = true } : default;
            scanner.Run<WriteReadWrite>(scan);
        }
        else
        {
            scan.ReadY = _rows.Of(_tensors.Kept!);
            scan.Y = new OutputRows { Start = _gradients.CorrectionWrite!.Head(_batch, _head) };
            scan.Write1 = Own(_dependent);
            scan.Right1 = _rows.CorrectionRead with { AfterDecay = true };
            scanner.Run<WriteReadReadWrite>(scan);
        }

        (scan.Output as KeyGradient)?.Finish();
    }

    private TokenRows Own(float* start) => new() { Start = start, Stride = _valueSize, Factor = 1 };
}
