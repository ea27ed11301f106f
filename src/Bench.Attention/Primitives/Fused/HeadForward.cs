namespace Bench.Attention.Primitives.Fused;

/// <summary>The forward pass of one head.</summary>
internal static unsafe class HeadForward<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Scans the head and writes output, final state and what the backward pass wants kept.</summary>
    public static void Run(HeadTensors tensors, long batch, long head)
    {
        var (keySize, valueSize) = (tensors.KeySize, tensors.ValueSize);
        using var scanner = new Scanner<TSimd, TVector>(keySize, valueSize);
        using var arena = new Arena();
        scanner.Put(tensors.State == null ? null : tensors.State.Head(batch, head), keySize, valueSize, valueSize, 1);
        var rows = new HeadRows(tensors, batch, head);
        var scan = new Scan
        {
            Length = (nint)tensors.Length,
            Rows = keySize,
            Columns = valueSize,
            Write0 = rows.Key with { AfterDecay = true },
            Right0 = rows.Value,
            ReadX = rows.Query with { AfterDecay = !tensors.ReadsFirst },
            Output = Output(tensors, batch, head, rows, arena),
        };
        rows.Decays(scan, DecayAxis.Rows);
        if (tensors.Strength != null)
        {
            scan.Dependence = Dependence.Delta;
            scan.Dependent = rows.Key with { AfterDecay = true };
            scan.Strength = tensors.Strength.Head(batch, head);
            scan.Kept = tensors.Kept == null ? null : tensors.Kept.Head(batch, head);
            scanner.Run<WriteRead>(scan);
        }
        else if (tensors.CorrectionRead != null)
        {
            scan.Dependence = Dependence.Correction;
            scan.Dependent = rows.CorrectionRead;
            scan.Write1 = rows.CorrectionWrite with { AfterDecay = true };
            scan.Kept = tensors.Kept == null ? null : tensors.Kept.Head(batch, head);
            scanner.Run<WriteWriteRead>(scan);
        }
        else if (tensors.ReadsFirst)
        {
            scanner.Run<ReadWrite>(scan);
        }
        else
        {
            scanner.Run<WriteRead>(scan);
        }

        scanner.Get(tensors.FinalState.Head(batch, head), keySize, valueSize, valueSize, 1);
        (scan.Output as NormalisedOutput)?.Finish(tensors.FinalNormaliser!.Head(batch, head));
    }

    private static ScanOutput Output(HeadTensors tensors, long batch, long head, HeadRows rows, Arena arena) => tensors.NormaliserEpsilon is { } epsilon
        ? new NormalisedOutput(tensors, batch, head, rows, epsilon, arena)
        : new PlainOutput(tensors.Output.Head(batch, head), tensors.ValueSize);

    /// <summary>Copies what was read.</summary>
    private sealed class PlainOutput(float* to, int size) : ScanOutput
    {
        public override void Take(nint token, float* x, float* y) =>
            new ReadOnlySpan<float>(x, size).CopyTo(new Span<float>(to + (token * size), size));
    }

    /// <summary>Divides what was read by q·z + ε.</summary>
    private sealed class NormalisedOutput : ScanOutput
    {
        private readonly float* _to;
        private readonly float* _denominator;
        private readonly float* _sum;
        private readonly float* _row;
        private readonly TokenRows _query;
        private readonly TokenRows _key;
        private readonly int _keySize;
        private readonly int _valueSize;
        private readonly float _epsilon;

        public NormalisedOutput(HeadTensors tensors, long batch, long head, HeadRows rows, float epsilon, Arena arena)
        {
            (_keySize, _valueSize, _epsilon) = (tensors.KeySize, tensors.ValueSize, epsilon);
            (_query, _key) = (rows.Query, rows.Key);
            _to = tensors.Output.Head(batch, head);
            _denominator = tensors.Denominator!.Head(batch, head);
            _sum = arena.Take(_keySize);
            _row = arena.Take(_keySize);
            if (tensors.Normaliser is { } initial)
            {
                new ReadOnlySpan<float>(initial.Head(batch, head), _keySize).CopyTo(new Span<float>(_sum, _keySize));
            }
        }

        public override void Take(nint token, float* x, float* y)
        {
            Rows<TSimd, TVector>.Take(_key, token, _row, _keySize);
            Rows<TSimd, TVector>.AddScaled(_sum, _row, 1, _keySize);
            Rows<TSimd, TVector>.Take(_query, token, _row, _keySize);
            var denominator = Rows<TSimd, TVector>.Dot(_row, _sum, _keySize) + _epsilon;
            _denominator[token] = denominator;
            Rows<TSimd, TVector>.Scaled(_to + (token * _valueSize), x, 1 / denominator, _valueSize);
        }

        public void Finish(float* normaliser) => new ReadOnlySpan<float>(_sum, _keySize).CopyTo(new Span<float>(normaliser, _keySize));
    }
}
